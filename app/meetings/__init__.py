"""Sittings of the committees: agenda, presence, ballots, closing; resolutions and minutes on paper.

Terms: sitting (会议), agenda (议程), present, secretary, resolution (决议), minutes (会议纪要).
"""
