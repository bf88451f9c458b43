// Ballots: who votes, how it is counted, when it closes. docs/votes.md says what each word means.
import { isStation } from "../model.js";

const STEP = "credit:Step";
const SHARE = /^\s*((>=|≥|>)?\s*(\d{1,3}\s*\/\s*\d{1,3}|\d{1,3}(\.\d{1,4})?\s*%|0\.\d{1,6})|[2-9]|[1-9]\d{1,2})\s*$/;
const BALLOTS = [["agree", "Agree"], ["conditional", "Agree with conditions"], ["disagree", "Disagree"], ["abstain", "Abstain"], ["discuss", "Discuss again"]];
const CLOSE = [["all", "when all are in"], ["early", "as soon as it is decided"], ["time", "after a time"], ["secretary", "by the secretary"]];

export function voteGroup(fields) {
  const { element, semantic, model, catalogue } = fields;
  if (!isStation(element)) return null;
  const vote = fields.part(STEP)?.vote;
  const toggle = fields.tick({
    id: "vote", label: "Decided by ballots", help: "Several people vote; the step ends once when the rule is met.", get: () => Boolean(vote),
    set: (on) => model.edit(element, semantic, STEP, (step) => step.set("vote", on ? model.create("credit:Vote", {}, step) : undefined)),
  });
  if (!vote) return fields.group("vote", "Vote", [toggle]);
  const write = (name, value) => model.edit(element, semantic, STEP, (step) => step.vote.set(name, value === "" ? undefined : value));
  const at = (name) => ({ id: `vote-${name}`, get: () => vote.get(name)?.toString(), set: (value) => write(name, value || undefined) });
  const words = (pairs) => pairs.map(([key, label]) => ({ key, label: fields.t(label) }));
  const people = catalogue.users.map(({ key, label }) => ({ key: `user:${key}`, label }));
  const share = (name, label, help) => fields.text({ ...at(name), label, help, validate: (value) => (!value || SHARE.test(value) ? null : fields.t("A share as 2/3, >1/2 or 60%, or a number of members from 2 on.")) });
  const number = (name, label, most, help) => fields.text({ ...at(name), label, help, set: (value) => write(name, /^\d+$/.test(value ?? "") ? Number(value) : undefined), validate: (value) => (!value || (/^\d+$/.test(value) && value >= 1 && value <= most) ? null : fields.t("A number from 1 to {most}.", { most })) });
  const ballots = (vote.ballots ?? "agree conditional disagree abstain").split(/\s+/);
  const closes = (vote.close ?? "early").split(/\s+/);
  return fields.group("vote", "Vote", [
    toggle,
    fields.select({ ...at("electorate"), label: "Voters: the group", options: catalogue.groups }),
    fields.choices({ ...at("members"), label: "Voters by name, beside or instead", options: catalogue.users }),
    fields.select({ ...at("experts"), label: "Experts drawn by lot from", options: catalogue.groups }),
    vote.experts && number("draw", "How many are drawn", 50),
    fields.select({ ...at("deputies"), label: "Deputies from", help: "One steps in for each member who must keep away.", options: catalogue.groups }),
    fields.select({ ...at("chair"), label: "Chair", blank: "The head of the voters' group", options: [...catalogue.groups.map(({ key, label }) => ({ key, label: fields.t("Head of {group}", { group: label }) })), ...people] }),
    fields.select({ ...at("chairVotes"), label: "The chair votes", usual: "always", blank: "always", options: words([["tie", "only on a tie"]]) }),
    fields.select({ ...at("secretary"), label: "Secretaries", help: "They close the vote, keep sittings and excuse who is absent.", options: catalogue.groups }),
    fields.choices({ ...at("ballots"), label: "Ballots", help: "Nothing chosen: all but Discuss again.", options: words(BALLOTS) }),
    share("quorum", "Quorum", "How many of the voters must take part; half where nothing is said."),
    share("pass", "Passes with", "How many must agree; two thirds where nothing is said."),
    fields.select({ ...at("base"), label: "Counted of", usual: "present", blank: "those present", options: words([["electorate", "all who may vote"], ["voting", "those present who do not abstain"]]) }),
    ballots.includes("conditional") && fields.select({ ...at("conditional"), label: "Agreeing with conditions counts as", usual: "yes", blank: "yes", options: words([["no", "no"]]) }),
    ballots.includes("discuss") && share("discuss", "Discussed again if so many want it", "More than half of those present where nothing is said."),
    (ballots.includes("discuss") || vote.tie === "discuss") && number("rounds", "Rounds at most", 9),
    fields.select({ ...at("tie"), label: "On a tie", usual: "fail", blank: "it fails", options: words([["chair", "the chair decides"], ["discuss", "it is discussed again"]]) }),
    fields.choices({ ...at("veto"), label: "May veto", help: "A veto can stop it and can never make it pass.", options: [{ key: "chair", label: fields.t("Chair") }, ...catalogue.groups, ...people] }),
    fields.select({ ...at("visibility"), label: "Ballots are", usual: "open", blank: "open", options: words([["hidden", "hidden until it is closed"], ["result", "never shown, only the counts"]]) }),
    fields.choices({ ...at("close"), label: "Closes", help: "Nothing chosen: as soon as it is decided.", options: words(CLOSE) }),
    closes.includes("time") && fields.duration({ ...at("after"), label: "Closes after", help: "Working time from the opening." }),
    fields.select({ ...at("change"), label: "Changing one's ballot", usual: "yes", blank: "allowed while it is open", options: words([["no", "not allowed"]]) }),
  ]);
}
