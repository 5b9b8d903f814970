import { execFileSync } from 'node:child_process';

/**
 * An authority of one's own (`ca.pem`) and a certificate that it signed (`cert.pem`, `key.pem`), in a folder. `names` as
 * OpenSSL writes them: `DNS:localhost,IP:127.0.0.1`.
 */
export function makeCertificates(folder: string, names: string): void {
  const openssl = (words: string) => execFileSync('openssl', words.split(' '), { cwd: folder, stdio: 'ignore' });
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  openssl(`req -x509 ${key} -days 2 -subj /CN=Authority -keyout ca.key -out ca.pem`);
  openssl(`req ${key} -subj /CN=localhost -addext subjectAltName=${names} -keyout key.pem -out cert.csr`);
  openssl(
    'x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -copy_extensions copy -out cert.pem',
  );
}
