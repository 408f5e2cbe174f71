"""The named crash points of the journal: every place where a stop leaves another state on the disk."""

RECOVERED = "recovered"
BEFORE_APPEND = "before-append"
BEFORE_COMMIT = "before-commit"
AFTER_COMMIT_BEFORE_NOTIFY = "after-commit-before-notify"
AFTER_NOTIFY = "after-notify"
BEFORE_CHECKPOINT = "before-checkpoint"
AFTER_CHECKPOINT = "after-checkpoint"
BEFORE_SEGMENT_RENAME = "before-segment-rename"
SEGMENT_CREATED = "segment-created"
BEFORE_ANCHOR_RENAME = "before-anchor-rename"
AFTER_ANCHOR_RENAME = "after-anchor-rename"
BEFORE_SNAPSHOT_RENAME = "before-snapshot-rename"
AFTER_SNAPSHOT_RENAME = "after-snapshot-rename"
BEFORE_SEGMENT_DELETE = "before-segment-delete"
AFTER_SEGMENT_DELETE = "after-segment-delete"
BEFORE_EMERGENCY_WRITE = "before-emergency-write"
AFTER_EMERGENCY_WRITE = "after-emergency-write"

CRASH_POINTS = (
    RECOVERED,
    BEFORE_APPEND,
    BEFORE_COMMIT,
    AFTER_COMMIT_BEFORE_NOTIFY,
    AFTER_NOTIFY,
    BEFORE_CHECKPOINT,
    AFTER_CHECKPOINT,
    BEFORE_SEGMENT_RENAME,
    SEGMENT_CREATED,
    BEFORE_ANCHOR_RENAME,
    AFTER_ANCHOR_RENAME,
    BEFORE_SNAPSHOT_RENAME,
    AFTER_SNAPSHOT_RENAME,
    BEFORE_SEGMENT_DELETE,
    AFTER_SEGMENT_DELETE,
    BEFORE_EMERGENCY_WRITE,
    AFTER_EMERGENCY_WRITE,
)
