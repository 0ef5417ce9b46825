// A peer: undici, Node's own HTTP client, through its fastest documented interface (Agent.dispatch, below fetch and
// request), one agent, a fixed number of requests at once.
//
//   NODE_PATH=/usr/share/nodejs node undici.mjs URL_FILE CONNECTIONS [CA_FILE|- [DNS_SERVER [RESOLVE_FILE]]]
//
// URL_FILE has a URL a line; RESOLVE_FILE a HOST:PORT:ADDRESS a line. Prints {"ok": N, "failed": N, "octets": N}.
import { Resolver } from "node:dns";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import tls from "node:tls";

// Debian's package: NODE_PATH=/usr/share/nodejs, which only require() heeds.
const { Agent } = createRequire(import.meta.url)("undici");

const [urlFile, connections, caFile, dnsServer, resolveFile] = process.argv.slice(2);
const lines = (path) => readFileSync(path, "utf8").split("\n").filter(Boolean);
const urls = lines(urlFile);
const known = new Map(resolveFile ? lines(resolveFile).map((line) => line.split(":")).map(([host, , address]) => [host, address]) : []);

const resolver = new Resolver();
if (dnsServer && dnsServer !== "-") resolver.setServers([dnsServer]);

function lookup(host, options, callback) {
  const answer = (address) => callback(null, ...(options.all ? [[{ address, family: 4 }]] : [address, 4]));
  const address = known.get(host);
  if (address) return answer(address);
  resolver.resolve4(host, (error, addresses) => (error ? callback(error) : answer(addresses[0])));
}

const connect = { lookup };
// One context for all connections: the roots are read once.
if (caFile && caFile !== "-") connect.secureContext = tls.createSecureContext({ ca: readFileSync(caFile) });
const agent = new Agent({ connections: Number(connections), pipelining: 1, keepAliveTimeout: 60_000, connect });

let next = 0;
let ok = 0;
let failed = 0;
let octets = 0;

class Transfer {
  onConnect() {}
  onHeaders(status) {
    this.good = status < 400;
    return true;
  }
  onData(chunk) {
    octets += chunk.length;
    return true;
  }
  onComplete() {
    this.good ? ok++ : failed++;
    start();
  }
  onError(error) {
    if (failed++ === 0) console.error(String(error));
    start();
  }
}

// A URL's origin ends at the first slash after "//".
function start() {
  if (next >= urls.length) return ok + failed === urls.length ? finish() : undefined;
  const url = urls[next++];
  const slash = url.indexOf("/", 8);
  agent.dispatch({ origin: url.slice(0, slash), path: url.slice(slash), method: "GET" }, new Transfer());
}

function finish() {
  console.log(JSON.stringify({ ok, failed, octets }));
  process.exit(0); // Kept connections would keep it.
}

for (let n = 0; n < Number(connections); n++) start();
