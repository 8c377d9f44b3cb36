"""SQL files only; `verax.store.database_schema` reads them."""
