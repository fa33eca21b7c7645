// Signs in with a library and reads teams with the Graph client; prints what it got as JSON.
import { readFileSync } from "node:fs";
import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  DeviceCodeCredential,
  EnvironmentCredential,
  OnBehalfOfCredential,
} from "@azure/identity";
import { ConfidentialClientApplication, PublicClientApplication } from "@azure/msal-node";
import { Client, PageIterator } from "@microsoft/microsoft-graph-client";

const facts = JSON.parse(readFileSync(0, "utf8"));
const scope = "https://graph.microsoft.com/.default";
const authority = `${facts.authority_host}/${facts.tenant_id}`;
const here = { authorityHost: facts.authority_host, disableInstanceDiscovery: true };
const host = new URL(facts.authority_host).host;

const auth = (more) => ({
  auth: { clientId: facts.client_id, authority, knownAuthorities: [host], ...more },
});
const msal = (more) => new ConfidentialClientApplication(auth(more));
const token = async (credential) => (await credential.getToken(scope)).token;
const approve = (code) =>
  fetch(`${facts.authority_host}/common/oauth2/deviceauth/decide`, {
    method: "POST",
    body: new URLSearchParams({ otc: code, account: facts.user_principal_name, decision: "accept" }),
  });

const user = async (scopes) => {
  const desktop = new PublicClientApplication(auth({ clientId: facts.public_client_id }));
  const { accessToken } = await desktop.acquireTokenByRefreshToken({
    refreshToken: facts.refresh_token,
    scopes,
  });
  return accessToken;
};

const ways = {
  secret: () =>
    token(new ClientSecretCredential(facts.tenant_id, facts.client_id, facts.client_secret, here)),
  certificate: () =>
    token(
      new ClientCertificateCredential(
        facts.tenant_id, facts.client_id, facts.client_certificate_path, here,
      ),
    ),
  assertion: () =>
    token(
      new ClientAssertionCredential(
        facts.tenant_id, facts.client_id,
        async () => readFileSync(facts.federated_token_file, "utf8"), here,
      ),
    ),
  environment: () => token(new EnvironmentCredential(here)),
  default: () => token(new DefaultAzureCredential(here)),
  "device code": () =>
    token(
      new DeviceCodeCredential({
        ...here,
        tenantId: facts.tenant_id,
        clientId: facts.public_client_id,
        userPromptCallback: ({ userCode }) => approve(userCode),
      }),
    ),
  "on behalf of": async () =>
    token(
      new OnBehalfOfCredential({
        ...here,
        tenantId: facts.tenant_id,
        clientId: facts.client_id,
        clientSecret: facts.client_secret,
        userAssertionToken: await user([`api://${facts.client_id}/access_as_user`]),
      }),
    ),
  "msal secret": async () => {
    const app = msal({ clientSecret: facts.client_secret });
    return (await app.acquireTokenByClientCredential({ scopes: [scope] })).accessToken;
  },
  "msal refresh token": () => user(["https://graph.microsoft.com/Team.ReadBasic.All"]),
};

const accessToken = await ways[process.argv[2]]();
const client = Client.init({
  authProvider: (done) => done(null, accessToken),
  baseUrl: facts.graph_url,
  customHosts: new Set([new URL(facts.graph_url).hostname]),
});
const claims = JSON.parse(Buffer.from(accessToken.split(".")[1], "base64url"));
const teams = [];
const path = claims.idtyp === "user" ? "/me/joinedTeams" : "/teams?$top=2";
await new PageIterator(client, await client.api(path).get(), (team) => teams.push(team.id)).iterate();
console.log(JSON.stringify({ teams, claims }));
