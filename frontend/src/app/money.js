// An amount of money is read back below its field while it is typed: grouped, in 万/亿, and in the capitals (大写) that
// bank paper uses, so that a zero too many is seen before it is sent. Nothing is sent from here; the server reads the field.
import { onContent } from "./page.js";

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = ["", "拾", "佰", "仟"];

function four(number) {
  let out = "";
  let zero = false;
  for (const place of [3, 2, 1, 0]) {
    const digit = Math.trunc(number / 10 ** place) % 10;
    if (digit) out += (zero ? "零" : "") + DIGITS[digit] + PLACES[place];
    zero = !digit && out !== "";
  }
  return out;
}

function whole(number) {
  for (const [unit, name] of [[1e8, "亿"], [1e4, "万"]]) {
    if (number < unit) continue;
    const low = number % unit;
    return whole(Math.trunc(number / unit)) + name + (low && low < unit / 10 ? "零" : "") + whole(low);
  }
  return four(number);
}

/** "1200000.50" → "壹佰贰拾万元伍角整", as app/web/amounts.py writes it on paper. Empty for what is not an amount. */
export function capitals(amount) {
  const match = /^(\d{1,15})(?:\.(\d{0,2}))?$/.exec(amount);
  if (!match) return "";
  const yuan = whole(Number(match[1]));
  const [jiao, fen] = (match[2] ?? "").padEnd(2, "0");
  if (jiao + fen === "00") return `${yuan || "零"}元整`;
  const tenths = jiao === "0" ? (yuan && "零") : `${DIGITS[jiao]}角`;
  return (yuan && `${yuan}元`) + tenths + (fen === "0" ? "整" : `${DIGITS[fen]}分`);
}

function readBack(field) {
  const place = document.getElementById(field.dataset.money);
  if (!place) return;
  const plain = field.value.normalize("NFKC").replaceAll(/[,\s]/g, "");
  const isAmount = /^\d{1,15}(\.\d{0,2})?$/.test(plain);
  const grouped = isAmount ? Number(plain).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : "";
  const words = document.documentElement.lang.startsWith("zh") ? capitals(plain) : "";
  place.textContent = [grouped, words].filter(Boolean).join(" · ");
}

document.addEventListener("input", ({ target }) => { if (target.dataset?.money) readBack(target); });
onContent((root) => root.querySelectorAll("[data-money]").forEach(readBack));
