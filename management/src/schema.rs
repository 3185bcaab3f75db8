//! Schemas of what is not described by a type here: policies, records, times, whole numbers in a query.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};

use crate::shown::{Count, Moment};

/// Returns the schema of what is read as `T`.
pub(crate) fn request<T: JsonSchema>() -> Schema {
    of::<T>(SchemaSettings::draft2020_12().for_deserialize())
}

/// Returns the schema of what is written from `T`.
pub(crate) fn answer<T: JsonSchema>() -> Schema {
    of::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn of<T: JsonSchema>(settings: SchemaSettings) -> Schema {
    // Whole in itself: nothing in it refers to another place of the document that it will stand in.
    let mut schema = settings.with(|s| s.inline_subschemas = true).into_generator().into_root_schema_for::<T>();
    schema.remove("$schema");
    schema
}

/// A policy, or its text: then a name given twice is found, too.
pub(crate) fn policy(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["object", "string"], "description": "A policy, or its JSON text."})
}

/// A policy, its text, or none.
pub(crate) fn policy_or_none(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["object", "string", "null"], "description": "A policy, or its JSON text."})
}

/// A policy as it is shown.
pub(crate) fn shown_policy(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["object", "null"]})
}

pub(crate) fn permission(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["read", "control", "edit"]})
}

pub(crate) fn trail(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["acts", "access", "control", "refused"]})
}

pub(crate) fn outcome(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["done", "denied", "failed"]})
}

pub(crate) fn ban_scope(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["logins", "everything"]})
}

/// What a browser gives of a passkey.
pub(crate) fn passkey(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "description": "A PublicKeyCredential as JSON."})
}

/// What a browser gives of a passkey, or nothing.
pub(crate) fn passkey_or_none(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["object", "null"], "description": "A PublicKeyCredential as JSON."})
}

/// What a browser needs to make or show a passkey.
pub(crate) fn passkey_options(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "properties": {"publicKey": {"type": "object"}}, "required": ["publicKey"]})
}

/// Hours of the week.
pub(crate) fn schedule(_: &mut SchemaGenerator) -> Schema {
    let hour = json_schema!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"});
    json_schema!({
        "type": ["object", "null"],
        "properties": {
            "time_zone": {"type": "string", "description": "Its name, such as Europe/Amsterdam."},
            "windows": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "days": {"type": "array",
                        "items": {"type": "string", "enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}},
                    "start": hour, "end": hour,
                },
                "required": ["days", "start", "end"], "additionalProperties": false,
            }},
        },
        "required": ["time_zone", "windows"], "additionalProperties": false,
    })
}

/// Records of the audit trail: what there is to tell of each differs.
pub(crate) fn records(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "items": {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "place": {"type": "string", "description": "The trail, the number in it, and the chain's hash there."},
            "at": {"type": "string", "format": "date-time"},
            "last_at": {"type": "string", "format": "date-time"},
            "action": {"type": "string"},
            "outcome": {"type": "string", "enum": ["done", "denied", "failed"]},
            "by": {"type": ["object", "string"]},
            "asked_by": {"type": "string"},
            "from": {"type": "string"},
            "on": {"type": "string"},
            "detail": {"type": "object"},
            "reason": {"type": "string"},
            "count": {"type": "integer", "minimum": 2},
            "names": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        },
        "required": ["id", "place", "at", "action", "outcome", "by"], "additionalProperties": false,
    }})
}

impl JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "null"], "format": "date-time"})
    }
}

impl JsonSchema for Count {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 0, "maximum": u64::MAX})
    }
}
