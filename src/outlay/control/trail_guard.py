"""What makes the database itself refuse to alter the audit trail: triggers, in the words of each engine.

A chain goes only after its head went, which is how the trail of a deleted organisation is forgotten on purpose.
"""

from typing import Final

SQLITE: Final = (
    """\
CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    """\
CREATE TRIGGER audit_entries_kept BEFORE DELETE ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_heads WHERE organisation = OLD.organisation)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
)

POSTGRES: Final = (
    """\
CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT 1 FROM audit_heads WHERE organisation = OLD.organisation) THEN RETURN OLD; END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only';
END $$""",
    """\
CREATE TRIGGER audit_entries_kept BEFORE UPDATE OR DELETE ON audit_entries
FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()""",
    """\
CREATE TRIGGER audit_entries_whole BEFORE TRUNCATE ON audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()""",
)
