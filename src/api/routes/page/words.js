// Why a fetch failed, for people: what happened, and what could be done about it.

const reasons = {
  invalid_url: "This is not a URL that can be fetched. Check it for typing errors and blanks.",
  unsupported_scheme: "Only http and https URLs are fetched.",
  destination_ip_prohibited: "The name leads to an address that may not be fetched from here: private, link-local or otherwise special. The operator can permit it with --allow-net.",
  host_circuit_open: "The host could not be reached many times in a row, so trawl leaves it alone for a while. Try again in half a minute.",
  dns_error: "The name could not be resolved: it does not exist, has no address, or its name server failed.",
  dns_timeout: "No name server answered in time.",
  connection_refused: "The machine is there, but nothing listens on that port.",
  destination_ip_unroutable: "There is no way to that address from here.",
  tls_certificate_error: "The server's certificate is not to be trusted for this name.",
  tls_protocol_error: "The server and trawl found no common way to speak TLS.",
  tls_alert_received: "The server refused the TLS connection.",
  connection_timeout: "The connection could not be made in time. The host may be down, overloaded or behind a firewall.",
  connection_write_timeout: "The server took no request in time.",
  http_response_timeout: "The server took the request and did not answer in time.",
  connection_read_timeout: "The answer began, but did not end in time.",
  http_protocol_error: "What the server sent is not HTTP as it should be.",
  http_response_incomplete: "The connection ended in the middle of the answer; what came cannot be trusted to be all.",
  http_response_header_section_size: "The head of the answer is too large.",
  http_response_transfer_coding: "The answer is framed in a way that is unknown or broken.",
  connection_terminated: "The connection was lost before an answer came.",
  too_many_redirects: "One redirect followed another, more often than allowed (max_redirects).",
  redirect_loop: "The redirects lead in a circle.",
  invalid_redirect: "The redirect leads to what is no URL that can be fetched.",
  http_response_body_size: "The body is larger than allowed (max_body_bytes).",
  http_response_content_coding: "The body is compressed in a way that is unknown or broken.",
  proxy_connect_error: "The proxy could not be reached, or could not reach the host.",
  proxy_auth_required: "The proxy wants other credentials.",
  proxy_tls_error: "The TLS connection to the proxy failed.",
  rate_limited: "The host asks to be left alone for longer than trawl waits.",
  task_cancelled: "The task was cancelled before this URL was done.",
  deadline_exceeded: "The time of the whole task was over (deadline_s).",
  shutdown: "The service was stopped before this URL was done.",
  out_of_resources: "This machine had no memory, ports or descriptors left.",
};

const statuses = {
  400: "The server found the request malformed.", 401: "The server wants credentials.", 403: "The server forbids it.",
  404: "There is nothing at this URL.", 405: "The server does not allow this method here.", 408: "The server grew tired of waiting.",
  410: "What was here is gone for good.", 418: "The server is a teapot.", 429: "The server was asked too often.",
  451: "Not available for legal reasons.", 500: "The server failed.", 502: "A server behind the server failed.",
  503: "The server is overloaded or under maintenance.", 504: "A server behind the server took too long.",
};

export function why(record) {
  const {code} = record.errors;
  if (!code) return null;
  const words = code === "http_status" ? statuses[record.status_code] ?? "The server answered with an error." : reasons[code] ?? "";
  const again = record.errors.retryable ? " Another attempt may end otherwise." : "";
  return `${words}${again}`.trim();
}

export const codeName = (code) => code.replaceAll("_", " ");
