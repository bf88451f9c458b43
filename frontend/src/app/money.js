// An amount of money is read back below its field while it is typed: grouped, in 万/亿, and in the capitals (大写) that
// bank paper uses, so that a zero too many is seen before it is sent. Nothing is sent from here; the server reads the field.
import { onContent } from "./page.js";

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const UNITS = ["", "拾", "佰", "仟"];
const GROUPS = ["", "万", "亿"];

function group(four) {
  let out = "";
  let zero = false;
  [...four].forEach((digit, index) => {
    const unit = UNITS[four.length - 1 - index];
    if (digit === "0") zero = out !== "";
    else {
      out += (zero ? "零" : "") + DIGITS[digit] + unit;
      zero = false;
    }
  });
  return out;
}

/** "1200000.50" → "壹佰贰拾万元伍角" (GB/T 15835 wording of cheques). Empty for what is not an amount. */
export function capitals(amount) {
  const match = /^0*(\d{1,12})(?:\.(\d{1,2}))?$/.exec(amount);
  if (!match) return "";
  const [whole, cents] = [match[1], (match[2] ?? "").padEnd(2, "0")];
  let out = "";
  for (let end = whole.length, level = 0; end > 0; end -= 4, level += 1) {
    const four = whole.slice(Math.max(0, end - 4), end);
    const words = group(four);
    const gap = out && whole[end] === "0" ? "零" : "";
    if (words) out = words + GROUPS[level] + gap + out;
  }
  const yuan = out ? `${out}元` : "";
  if (cents === "00") return yuan ? `${yuan}整` : "零元整";
  const jiao = cents[0] === "0" ? (yuan ? "零" : "") : `${DIGITS[cents[0]]}角`;
  return yuan + jiao + (cents[1] === "0" ? "整" : `${DIGITS[cents[1]]}分`);
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
