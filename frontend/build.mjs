// Builds the browser part into app/web/static/dist: names carry a hash of the content, manifest.json maps plain names to
// them, and the same sources always give the same bytes (CI rebuilds and compares). Run: npm ci --ignore-scripts && node build.mjs
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = process.argv[2] ?? join(here, "../app/web/static/dist");
const TARGET = ["chrome105", "firefox115", "safari16"];

// Readers who chose nothing get their system's theme: the dark block is repeated under the media query.
const systemTheme = {
  name: "system-theme",
  setup({ onLoad }) {
    onLoad({ filter: /tokens\.css$/ }, ({ path }) => {
      const css = readFileSync(path, "utf8");
      const [, dark] = /\[data-theme="dark"\] (\{[^}]*\})/.exec(css);
      const system = `@layer tokens { @media (prefers-color-scheme: dark) { :root:not([data-theme]) ${dark} } }`;
      return { contents: `${css}\n${system}`, loader: "css" };
    });
  },
};

const options = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  format: "esm",
  target: TARGET,
  charset: "utf8",
  legalComments: "inline",
  external: ["/static/*"],
  outdir: dist,
  write: false,
  metafile: true,
  plugins: [systemTheme],
  loader: { ".svg": "text", ".woff2": "dataurl" },
  logLevel: "warning",
};

// CodeMirror writes <style> elements, which the policy of our pages refuses; its other way, adopted style sheets, is allowed.
const adoptedStyles = {
  name: "adopted-styles",
  setup({ onLoad }) {
    onLoad({ filter: /style-mod\.js$/ }, ({ path }) => ({ contents: readFileSync(path, "utf8").replace("!root.head && root.adoptedStyleSheets", "root.adoptedStyleSheets"), loader: "js" }));
  },
};

// The names on the canvas are those of the language that the analyst chose, not always the BPMN name.
const labelLanguage = {
  name: "label-language",
  setup({ onLoad }) {
    onLoad({ filter: /bpmn-js\/lib\/util\/LabelUtil\.js$/ }, ({ path }) => {
      const library = readFileSync(path, "utf8").replaceAll(/export function (get|set)Label\(/g, "export function plain_$1Label(");
      return { contents: `${library}\nexport { getLabel, setLabel } from ${JSON.stringify(join(here, "src/modeler/label-language.js"))};`, loader: "js" };
    });
  },
};

// bpmn.io's editor would say in English what it finds, and offer another engine's functions: ours are told and offered instead.
const ownFeel = {
  name: "own-feel",
  setup({ onLoad }) {
    onLoad({ filter: /@bpmn-io\/feel-lint\/dist\/index\.js$/ }, () => ({ contents: "export const cmFeelLinter = () => () => [];", loader: "js" }));
    onLoad({ filter: /@camunda\/feel-builtins\/dist\/index\.js$/ }, () => ({ contents: "export const camundaBuiltins = [];", loader: "js" }));
  },
};

/** Style sheets of bpmn.io name a font in four formats; ours names one file of the bundle. */
const emittedFont = (pattern, family, file) => ({
  name: `font-${family}`,
  setup({ onLoad }) {
    onLoad({ filter: pattern }, ({ path }) => {
      const face = `@font-face { font-family: "${family}"; src: url("/static/dist/${file}") format("woff2"); }`;
      return { contents: readFileSync(path, "utf8").replaceAll(/@font-face\s*\{[^}]*\}/g, "") + face, loader: "css" };
    });
  },
});

const manifest = {};
const packages = new Set();

/** Writes one file under a name that carries its hash; returns that name. */
function emit(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const dot = name.lastIndexOf(".");
  const file = `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
  writeFileSync(join(dist, file), bytes);
  manifest[name] = file;
  console.log(`${file.padEnd(28)} ${String(bytes.length).padStart(8)} B ${String(gzipSync(bytes, { level: 9 }).length).padStart(7)} B gzip`);
  return file;
}

/** Bundles one entry and emits it as `name`; returns the hashed file name. */
async function bundle(entry, name, extra = {}) {
  const { outputFiles, metafile } = await build({ ...options, entryPoints: [entry], ...extra });
  for (const input of Object.keys(metafile.inputs)) {
    const [, owner] = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input) ?? [];
    if (owner) packages.add(owner);
  }
  return emit(name, Buffer.from(outputFiles[0].contents));
}

/** The modeler of the studio, with what it fetches when it is asked for: simulation, layout, the texts of one language. */
async function modeler() {
  const font = emit("bpmn.woff2", readFileSync(join(here, "node_modules/bpmn-js/dist/assets/bpmn-font/font/bpmn.woff2")));
  const plugins = [...options.plugins, adoptedStyles, labelLanguage, ownFeel, emittedFont(/bpmn-font[/\\]css[/\\]bpmn\.css$/, "bpmn", font)];
  await bundle("src/modeler/index.js", "modeler.js", { plugins, jsx: "automatic", jsxImportSource: "@bpmn-io/properties-panel/preact" });
  await bundle("src/modeler/simulation.js", "simulation.js", { plugins });
  await bundle("src/modeler/layout.js", "layout.js", { plugins });
  await bundle("css/modeler.css", "modeler.css", { plugins });
  await bundle("css/simulation.css", "simulation.css", { plugins });
  for (const language of ["zh_Hans", "zh_Hant"]) {
    const texts = JSON.parse(readFileSync(join(here, `src/modeler/texts/${language}.json`), "utf8"));
    emit(`modeler-${language}.json`, Buffer.from(`${JSON.stringify(texts)}\n`));
  }
}

/** The editor of decision tables. */
async function tables() {
  const font = emit("dmn.woff2", readFileSync(join(here, "node_modules/dmn-js/dist/assets/dmn-font/font/dmn.woff2")));
  const plugins = [...options.plugins, adoptedStyles, ownFeel, emittedFont(/dmn-font[/\\]css[/\\]dmn\.css$/, "dmn", font)];
  await bundle("src/tables/index.js", "tables.js", { plugins });
  await bundle("css/decision-tables.css", "tables.css", { plugins });
  for (const language of ["zh_Hans", "zh_Hant"]) {
    const texts = JSON.parse(readFileSync(join(here, `src/tables/texts/${language}.json`), "utf8"));
    emit(`tables-${language}.json`, Buffer.from(`${JSON.stringify(texts)}\n`));
  }
}

function sprite() {
  const names = readdirSync(join(here, "icons")).filter((file) => file.endsWith(".svg")).sort();
  const symbols = names.map((file) => {
    const svg = readFileSync(join(here, "icons", file), "utf8");
    const inner = svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>")).replaceAll(/\s*\n\s*/g, "");
    return `<symbol id="${basename(file, ".svg")}" viewBox="0 0 24 24">${inner}</symbol>`;
  });
  emit("icons.svg", Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`));
}

/** The PDF library: its worker, and the character maps, fonts and decoders that it fetches when a file needs them. */
async function pdf() {
  const library = join(here, "node_modules/pdfjs-dist");
  const { version } = JSON.parse(readFileSync(join(library, "package.json"), "utf8"));
  const folder = `pdfjs-${version}`;
  for (const part of ["cmaps", "standard_fonts", "wasm", "iccs"]) cpSync(join(library, part), join(dist, folder, part), { recursive: true });
  const worker = await bundle(join(library, "build/pdf.worker.mjs"), "pdf.worker.js");
  const define = { PDFJS_FOLDER: JSON.stringify(folder), PDFJS_WORKER: JSON.stringify(worker) };
  await bundle("src/document/index.js", "document.js", { define });
}

/** The licences of everything that is in a bundle, one after the other, so that they travel with it. */
function licences() {
  const text = [...packages].sort().map((name) => {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), "utf8").trim() : ""}\n`;
  });
  text.push(`lucide icons (ISC)\n\n${readFileSync(join(here, "icons/LICENSE"), "utf8").trim()}\n`);
  writeFileSync(join(dist, "LICENSES.txt"), text.join(`\n${"-".repeat(100)}\n\n`));
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await bundle("src/app/index.js", "app.js");
await bundle("css/app.css", "app.css");
await bundle("src/diagram/index.js", "diagram.js");
await bundle("css/diagram.css", "diagram.css");
await pdf();
await bundle("css/document.css", "document.css");
await bundle("css/console.css", "console.css");
await bundle("src/report/walk.js", "walk.js");
await bundle("css/report.css", "report.css");
await bundle("css/drafts.css", "drafts.css");
await modeler();
await bundle("src/forms/index.js", "designer.js");
await bundle("css/designer.css", "designer.css");
await tables();
await bundle("css/compare.css", "compare.css");
await bundle("css/trials.css", "trials.css");
await bundle("css/import.css", "import.css");
sprite();
emit("favicon.svg", readFileSync(join(here, "favicon.svg")));
licences();
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify(manifest, Object.keys(manifest).sort(), 2)}\n`);
