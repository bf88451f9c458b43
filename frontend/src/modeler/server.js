// What the modeler asks of the server. Everything lies under the address of the draft; refusals come as {sentence}.
export class Refused extends Error {
  constructor(status, body) {
    super(body.sentence || `HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

/** No answer at all: the line is cut, or the server is down. */
export class Unreachable extends Error {}

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const inAddress = (name) => name.split("/").map(encodeURIComponent).join("/");

export class Server {
  constructor(address) {
    this.address = address;
  }

  async ask(method, path, { body, headers = {}, keepalive = false } = {}) {
    let answer;
    try {
      answer = await fetch(`${this.address}/${path}`, { method, body, keepalive, headers: { "X-CSRFToken": token(), Accept: "application/json, text/html;q=0.9", ...headers } });
    } catch (error) {
      throw new Unreachable(error.message);
    }
    if (answer.status >= 502) throw new Unreachable(`HTTP ${answer.status}`);
    if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
    return answer;
  }

  async json(path, question) {
    const answer = await this.ask("POST", path, { body: JSON.stringify(question), headers: { "Content-Type": "application/json" } });
    return answer.json();
  }

  /** The file as it is on the server: {text, digest}. */
  async read(name) {
    const answer = await this.ask("GET", `files/${inAddress(name)}`);
    return { text: await answer.text(), digest: (answer.headers.get("ETag") ?? "").replace(/^W\//, "").replaceAll('"', "") };
  }

  /** Writes over the state `digest`; answers {digest, revision, saved_at}; throws Refused with status 409 where it has moved on. */
  async write(name, text, digest, { note = "", keepalive = false } = {}) {
    const headers = { "Content-Type": "application/xml", "If-Match": `"${digest}"`, ...(note ? { "X-Note": encodeURIComponent(note) } : {}) };
    return (await this.ask("PUT", `files/${inAddress(name)}`, { body: text, headers, keepalive })).json();
  }

  async catalogue() {
    return (await this.ask("GET", "catalogue")).json();
  }

  async findings(files) {
    return (await this.json("findings", { files })).findings;
  }

  async names(file, xml, element) {
    return (await this.json("names", { file, xml, element })).names;
  }

  async feel(expression, names, kind = "expression") {
    return (await this.json("feel", { expression, kind, names })).findings;
  }

  async outline(file, xml) {
    return (await this.ask("POST", `outline?file=${encodeURIComponent(file)}`, { body: xml, headers: { "Content-Type": "application/xml" } })).text();
  }

  async presence(page) {
    return (await this.json("presence", { page })).others;
  }
}
