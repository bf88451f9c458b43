"""What every room stands on: the database, ids, encryption, money, time, paging, errors."""
