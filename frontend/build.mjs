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
  legalComments: "linked",
  external: ["/static/*"],
  outdir: dist,
  write: false,
  plugins: [systemTheme],
  loader: { ".svg": "text", ".woff2": "dataurl" },
  logLevel: "warning",
};

const manifest = {};

/** Writes one file under a name that carries its hash, and its licences beside it. */
function emit(name, bytes, licences) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const dot = name.lastIndexOf(".");
  const file = `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
  writeFileSync(join(dist, file), bytes);
  if (licences?.length) writeFileSync(join(dist, `${name}.LEGAL.txt`), licences);
  manifest[name] = { file, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
  return file;
}

/** Bundles one entry and emits it as `name`; returns the hashed file name. */
async function bundle(entry, name, extra = {}) {
  const { outputFiles } = await build({ ...options, entryPoints: [entry], ...extra });
  const main = outputFiles.find(({ path }) => path.endsWith(name.slice(name.lastIndexOf("."))));
  const legal = outputFiles.find(({ path }) => path.endsWith(".LEGAL.txt"));
  // The link to the licence file would name the unhashed bundle; the licence stands beside it under the plain name.
  const code = main.text.replace(/\/\*! For license information please see .*? \*\/\n?/, `/*! ${name}.LEGAL.txt */\n`);
  return emit(name, Buffer.from(code), legal?.text);
}

function sprite() {
  const names = readdirSync(join(here, "icons")).filter((file) => file.endsWith(".svg")).sort();
  const symbols = names.map((file) => {
    const svg = readFileSync(join(here, "icons", file), "utf8");
    const inner = svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>")).replaceAll(/\s*\n\s*/g, "");
    return `<symbol id="${basename(file, ".svg")}" viewBox="0 0 24 24">${inner}</symbol>`;
  });
  emit("icons.svg", Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`), readFileSync(join(here, "icons/LICENSE"), "utf8"));
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await bundle("src/app/index.js", "app.js");
await bundle("css/app.css", "app.css");
sprite();
emit("favicon.svg", readFileSync(join(here, "favicon.svg")));
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify(manifest, Object.keys(manifest).sort().concat("file", "bytes", "gzip"), 2)}\n`);
for (const [name, { bytes, gzip }] of Object.entries(manifest)) console.log(`${name.padEnd(16)} ${String(bytes).padStart(9)} B ${String(gzip).padStart(8)} B gzip`);
