"""The logs that can be replayed."""

from app.replay.expenses import DECLARATIONS, PREPAID
from app.replay.loans import LOANS_2012, LOANS_2017

FORMATS = (LOANS_2012, LOANS_2017, DECLARATIONS, PREPAID)
BY_NAME = {one.name: one for one in FORMATS}
