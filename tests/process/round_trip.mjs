// Reads diagrams as the modeler does and writes them again; prints what differs as JSON: {file: [warnings, same]}.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [library, descriptor, ...files] = process.argv.slice(2);
const { BpmnModdle } = await import(pathToFileURL(library));
const credit = JSON.parse(readFileSync(descriptor, "utf8"));
const found = {};
for (const file of files) {
  const moddle = new BpmnModdle({ credit });
  const xml = readFileSync(file, "utf8");
  const { rootElement, warnings } = await moddle.fromXML(xml);
  const written = await moddle.toXML(rootElement, { format: true });
  found[file] = [warnings.map((warning) => warning.message), written.xml === xml];
}
console.log(JSON.stringify(found));
