// A certified OpenID provider (oidc-provider) that insists on PKCE. Whoever types an address is its owner.
//
// node provider.mjs PORT REDIRECT_URI...
import * as oidc from "oidc-provider";

const [port, ...redirect_uris] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;

const provider = new oidc.Provider(issuer, {
  clients: [{ client_id: "doorstep", client_secret: "provider-secret", redirect_uris }],
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: () => ({ sub, email: sub, email_verified: true, name: sub.split("@")[0] }),
  }),
  cookies: { keys: ["a key of the tests"] },
});

provider.listen(Number(port), "127.0.0.1", () => console.log(`listens on ${issuer}`));
