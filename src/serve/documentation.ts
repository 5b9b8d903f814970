import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { docsPolicy } from './headers.js';
import type { RouteScope } from './scope.js';

const tags = [
  { name: 'statistics', description: 'Sums of messages over event days.' },
  { name: 'store', description: 'Mails, reports and their records.' },
  { name: 'alerts', description: 'Sources that newly fail alignment.' },
  { name: 'service', description: 'ruawatch about itself.' },
  { name: 'pages', description: 'HTML for people.' },
] as const;

export type Tag = (typeof tags)[number]['name'];

/** The words behind a scheme name the role that is needed (OpenAPI 3.1, Security Requirement Object). */
function securityOf(scope: RouteScope): Record<string, string[]>[] {
  if (scope === 'open') return [];
  return scope === 'read' ? [{}, { token: [scope] }, { password: [scope] }] : [{ token: [scope] }];
}

/** The OpenAPI document of every path registered after it, and its page, /api/docs. */
export async function documentation(app: FastifyInstance, version: string, publicUrl: string | null): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ruawatch',
        version,
        description: 'What DMARC aggregate reports said. Lists answer rows, next_cursor and complete_through.',
      },
      // Without it the page of the API would try paths at the top of the host, not below the path of a proxy.
      ...(publicUrl === null ? {} : { servers: [{ url: publicUrl.replace(/\/+$/, '') }] }),
      tags: [...tags],
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description:
              'api_token, or a token with the scope that the path names. Reading needs none where none is set or stored.',
          },
          password: { type: 'http', scheme: 'basic', description: 'The same token as the password, with any name.' },
        },
      },
    },
    transform: ({ schema, url, route }) => ({
      schema: { ...schema, security: securityOf(route.config?.scope ?? 'read') },
      url,
    }),
  });
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    staticCSP: docsPolicy,
    theme: { title: 'ruawatch' },
    uiConfig: { docExpansion: 'list' },
  });
}
