// A real provider of OpenID Connect on loopback: node provider.mjs PORT REDIRECT. Its own pages ask who somebody is.
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const people = {
  ada: { email: "ada@example.org", groups: ["acme", "laion"] },
  eve: { email: "eve@example.org", groups: [] },
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "stemma", client_secret: "a secret for tests alone", redirect_uris: [redirect] }],
  claims: { openid: ["sub"], email: ["email"], groups: ["groups"] },
  scopes: ["openid", "email", "groups"],
  pkce: { required: () => true },
  findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people[id] }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
