// An OpenID Connect provider on a free loopback port, for the tests beside it. Says where it is in one line of JSON, and
// ends when its input does: it does not outlive whoever started it.
//
// In the environment: the folder with `node_modules`, the seconds that access tokens live, where to send people back.

import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { DOORWARD_OIDC_PROVIDER: folder, ACCESS_SECONDS: seconds, REDIRECT_URI: redirectUri } = process.env;
const entry = join(folder, 'node_modules', 'oidc-provider', 'lib', 'index.js');
const { default: Provider } = await import(pathToFileURL(entry));

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const { port } = server.address();

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'doorward',
    client_secret: 'a secret of the tests',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [redirectUri],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_post',
  }],
  cookies: { keys: ['only for tests'] },
  features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: { AccessToken: Number(seconds), Grant: 3600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
});
server.on('request', provider.callback());

process.stdin.on('end', () => process.exit(0)).resume();
console.log(JSON.stringify({ port }));
