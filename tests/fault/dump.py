# SPDX-License-Identifier: Apache-2.0
"""All that is in an instance's databases, as JSON lines {"table":…,"row":{…}}, for the judge."""

import json

# What is not text is written in hexadecimal digits.
BYTES = ("fingerprint", "token_hash", "successor_hash")


def column(name, kind):
    if kind in ("binary", "varbinary", "blob", "mediumblob", "longblob"):
        return f"HEX(`{name}`)" if name in BYTES else f"CONVERT(`{name}` USING utf8mb4)"
    return f"`{name}`"


def tables(stack, schema):
    out = {}
    for table, name, kind in stack.sql(
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c JOIN information_schema.tables t "
            f"ON t.table_schema = c.table_schema AND t.table_name = c.table_name WHERE c.table_schema = '{schema}' AND "
            "t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position"):
        out.setdefault(table, []).append((name, kind))
    return out


def rows(stack, schema, table, columns):
    members = ", ".join(f"'{name}', {column(name, kind)}" for name, kind in columns)
    text = stack.raw(f"SELECT JSON_OBJECT({members}) FROM `{schema}`.`{table}`;", "--raw")
    return [json.loads(line) for line in text.split("\n") if line]


def dump(stack, path, schemas):
    """schemas: {name: what it is called in the dump, "" for the mall's own}."""
    with open(path, "w", encoding="utf-8") as f:
        for schema, called in schemas.items():
            for table, columns in tables(stack, schema).items():
                for row in rows(stack, schema, table, columns):
                    line = {"table": table, "row": row}
                    if called:
                        line["db"] = called
                    f.write(json.dumps(line, ensure_ascii=False) + "\n")
