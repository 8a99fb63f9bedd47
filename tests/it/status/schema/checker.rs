//! Whether a value is what a JSON schema says: as much of draft 2020-12 as the schemas here use, and nothing that
//! they use is passed over: a keyword that is not known is a fault.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What says something about a schema and nothing about a value.
const SILENT: [&str; 5] = ["$schema", "$id", "$defs", "title", "description"];

/// Schemas by the names of their files.
pub(super) struct Schemas(pub(super) BTreeMap<String, Value>);

/// A check under way: the faults so far.
struct Check<'a> {
    schemas: &'a Schemas,
    faults: Vec<String>,
}

impl Schemas {
    /// What is wrong with `value` as that which `reference`, such as `task.json#/$defs/list`, describes.
    pub(super) fn faults(&self, reference: &str, value: &Value) -> Vec<String> {
        let mut check = Check {
            schemas: self,
            faults: Vec::new(),
        };
        let (file, schema) = self.resolve("", reference);
        check.value(file, schema, value, "");
        check.faults
    }

    /// The file and the schema that a reference in `file` means.
    fn resolve<'a>(&'a self, file: &'a str, reference: &'a str) -> (&'a str, &'a Value) {
        let (name, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let name = if name.is_empty() { file } else { name };
        let whole = self
            .0
            .get(name)
            .unwrap_or_else(|| panic!("there is no schema {name}"));
        let schema = whole.pointer(pointer);
        (
            name,
            schema.unwrap_or_else(|| panic!("nothing at {reference} in {name}")),
        )
    }
}

impl Check<'_> {
    fn fault(&mut self, at: &str, what: impl std::fmt::Display) {
        self.faults.push(format!("{at}: {what}"));
    }

    /// Checks a value, and says which of its keys were described.
    fn value(&mut self, file: &str, schema: &Value, value: &Value, at: &str) -> BTreeSet<String> {
        let mut known = BTreeSet::new();
        let keywords = schema
            .as_object()
            .unwrap_or_else(|| panic!("{at}: {schema} is no schema"));
        for (keyword, says) in keywords {
            match keyword.as_str() {
                "$ref" => {
                    let (file, schema) = self.schemas.resolve(file, says.as_str().unwrap());
                    // The file's name outlives the borrow of the check.
                    let (file, schema) = (file.to_owned(), schema.clone());
                    known.extend(self.value(&file, &schema, value, at));
                }
                "anyOf" => known.extend(self.any(file, says.as_array().unwrap(), value, at)),
                "type" if !is_of(says, value) => self.fault(at, format!("{value} is no {says}")),
                "enum" if !says.as_array().unwrap().contains(value) => {
                    self.fault(at, format!("{value} is none of {says}"));
                }
                "minimum" if value.as_i64() < says.as_i64() && value.is_number() => {
                    self.fault(at, format!("{value} is less than {says}"));
                }
                "maximum" if value.as_i64() > says.as_i64() && value.is_number() => {
                    self.fault(at, format!("{value} is more than {says}"));
                }
                "format" => {
                    assert_eq!(says, "date-time", "a format that is not known");
                    if value.as_str().is_some_and(|text| !is_moment(text)) {
                        self.fault(at, format!("{value} is no moment in UTC"));
                    }
                }
                "required" => {
                    for key in says.as_array().unwrap() {
                        if value.is_object() && value.get(key.as_str().unwrap()).is_none() {
                            self.fault(at, format!("{key} is missing"));
                        }
                    }
                }
                "properties" => {
                    for (key, schema) in says.as_object().unwrap() {
                        if let Some(value) = value.get(key) {
                            self.value(file, schema, value, &format!("{at}/{key}"));
                            known.insert(key.clone());
                        }
                    }
                }
                "additionalProperties" => {
                    for (key, value) in value.as_object().into_iter().flatten() {
                        self.value(file, says, value, &format!("{at}/{key}"));
                        known.insert(key.clone());
                    }
                }
                "items" => {
                    for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(file, says, value, &format!("{at}/{index}"));
                    }
                }
                "type" | "enum" | "minimum" | "maximum" | "unevaluatedProperties" => {}
                silent if SILENT.contains(&silent) => {}
                other => self.fault(at, format!("the keyword {other} is not known")),
            }
        }
        if let Some(rest) = keywords.get("unevaluatedProperties") {
            assert_eq!(rest, false);
            for key in value.as_object().into_iter().flat_map(serde_json::Map::keys) {
                if !known.contains(key) {
                    self.fault(at, format!("{key} is not documented"));
                }
            }
        }
        known
    }

    /// Checks that one of several schemas fits.
    fn any(&mut self, file: &str, schemas: &[Value], value: &Value, at: &str) -> BTreeSet<String> {
        let mut faults = Vec::new();
        for schema in schemas {
            let mut check = Check {
                schemas: self.schemas,
                faults: Vec::new(),
            };
            let known = check.value(file, schema, value, at);
            if check.faults.is_empty() {
                return known;
            }
            faults.extend(check.faults);
        }
        self.faults.extend(faults);
        BTreeSet::new()
    }
}

/// Whether a value is of a type or of one of several.
fn is_of(types: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the type {other} is not known"),
    };
    types
        .as_array()
        .map_or_else(|| is(types), |types| types.iter().any(is))
}

/// Whether a text is a moment such as `2027-01-15T08:00:00.000Z`.
fn is_moment(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|letter| if letter.is_ascii_digit() { '0' } else { letter })
        .collect();
    shape == "0000-00-00T00:00:00.000Z"
}
