// An OpenID Connect provider on a free loopback port, for the tests beside it. Says where it is in one line of JSON, and
// ends when its input does: it does not outlive whoever started it. Each further line of its input is a JSON object that
// says which groups people are in from then on: `{"ada": ["staff"]}`.
//
// In the environment: the folder with `node_modules`; the port, if it is not to be any; whether the client has a secret, and
// whether claims are in the token (`true`) or at the user info endpoint alone.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { DOORWARD_OIDC_PROVIDER: folder, PORT: wanted = '0', SECRET: secret, IN_TOKEN: inToken } = process.env;
const entry = join(folder, 'node_modules', 'oidc-provider', 'lib', 'index.js');
const { default: Provider } = await import(pathToFileURL(entry));

const server = createServer();
await new Promise((listening) => server.listen(Number(wanted), '127.0.0.1', listening));
const { port } = server.address();

let groups = {};
const client = (id) => ({
  client_id: id,
  ...(secret ? { client_secret: secret } : { token_endpoint_auth_method: 'none' }),
  grant_types: ['authorization_code'],
  // Filled in when the hub has said where it is.
  redirect_uris: ['http://127.0.0.1/none'],
  response_types: ['code'],
});
const clients = { hub: client('hub') };

// Clients are kept here, since the hub's address is known only once it runs.
class Adapter {
  constructor(name) { this.name = name; this.kept = new Map(); }
  async find(id) { return this.name === 'Client' ? clients[id] : this.kept.get(id); }
  async findByUid(uid) { return [...this.kept.values()].find((kept) => kept.uid === uid); }
  async upsert(id, payload) { this.kept.set(id, payload); }
  async consume(id) { this.kept.get(id).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { this.kept.delete(id); }
  async revokeByGrantId(grantId) {
    for (const [id, kept] of this.kept) if (kept.grantId === grantId) this.kept.delete(id);
  }
}

// New at each start.
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: Adapter,
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
  conformIdTokenClaims: inToken !== 'true',
  cookies: { keys: ['only for tests'] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} of the tests`, groups: groups[id] ?? [] }),
  }),
  jwks: { keys: [key] },
  pkce: { required: () => true },
});
server.on('request', provider.callback());

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
lines.on('line', (line) => {
  const said = JSON.parse(line);
  if (said.redirect_uris) clients.hub.redirect_uris = said.redirect_uris;
  if (said.groups) groups = said.groups;
  console.log(JSON.stringify({ heard: true }));
});
console.log(JSON.stringify({ port }));
