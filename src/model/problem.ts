/** Something odd that was survived. Stored with the report and shown to people. */
export interface Problem {
  /** Closed list, kebab-case; documented in docs/reports.md. */
  readonly code: string;
  /** Where: an element path such as `record[3]/row/count`, a MIME part number, a byte offset. */
  readonly where: string;
  /** The raw value or the reason, at most 200 characters. */
  readonly detail: string;
}
