"""What lasts: log tiles, the database, messages, accounts, the meter.

Everything that must survive a crash is written through `verax.store.database`, by one
writer thread with group commit; whoever gets an answer from ``await db.write(...)`` holds
a durable fact. SQLite is the default, PostgreSQL is chosen by URL, and one test suite runs
against both.

Example::

    db = open_database(home.database_path)
    accounts = Accounts(db)
    owner = await accounts.create_user("ada", password="correct horse battery", roles={"owner"})
"""
