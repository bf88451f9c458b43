// Which groups of properties an element has.
import { callGroup, decisionGroup, scriptGroup, serviceGroup } from "./automation.js";
import { deadlineGroup } from "./deadline.js";
import { documentsGroup } from "./documents.js";
import { endGroup, eventGroup } from "./events.js";
import { flowGroup, waysGroup } from "./flows.js";
import { generalGroup } from "./general.js";
import { movesGroup, sendBackGroup } from "./moves.js";
import { outcomesGroup } from "./outcomes.js";
import { candidatesGroup, copyGroup, fourEyesGroup } from "./people.js";
import { processGroup, processMovesGroup } from "./process.js";
import { manyGroup } from "./repetition.js";
import { stepGroup } from "./step.js";
import { voteGroup } from "./vote.js";

const GROUPS = [
  generalGroup, processGroup, processMovesGroup, stepGroup, candidatesGroup, deadlineGroup, outcomesGroup, voteGroup, documentsGroup, fourEyesGroup,
  movesGroup, sendBackGroup, copyGroup, serviceGroup, decisionGroup, callGroup, scriptGroup, eventGroup, manyGroup, endGroup, flowGroup, waysGroup,
];

export function groupsOf(fields) {
  return GROUPS.map((group) => group(fields)).filter(Boolean);
}
