//! Names that the public compiler accepts and its generated code cannot take, because the code
//! declares them itself.
//!
//! The lists are those of the templates for Go, AssemblyScript, C and Zig. The code for other
//! languages is not looked at. One name is left out: a field `Size`, which only Zig's views cannot
//! have, and which a schema of the public project itself has.

use std::collections::{HashMap, HashSet};

use crate::lower::{Body, Decl};
use crate::print::{KmProblem, KmReason};

/// What the code for a language declares beside types and fields.
struct Language {
    name: &'static str,
    /// Names in every file.
    own: &'static [&'static str],
    /// What stands before and behind the name of a struct in the names made of it.
    of_struct: &'static [(&'static str, &'static str)],
    /// The same for an enum.
    of_enum: &'static [(&'static str, &'static str)],
    /// What stands before the names of an enum and its enumerator, where both are one global name.
    of_enumerator: Option<&'static str>,
    /// Names in every struct or its viewer, which fields share.
    members: &'static [&'static str],
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "Go",
        own: &["PacketIdentifier"],
        of_struct: &[
            ("", ""),
            ("New", ""),
            ("", "Viewer"),
            ("New", "Viewer"),
            ("PacketIdentifier", ""),
        ],
        of_enum: &[("", "")],
        of_enumerator: Some(""),
        members: &[
            "PacketIdentifier",
            "Reset",
            "WriteAsRoot",
            "Write",
            "ReadAsRoot",
            "Read",
        ],
    },
    Language {
        name: "AssemblyScript",
        // Its global names are those of Go.
        own: &[],
        of_struct: &[],
        of_enum: &[],
        of_enumerator: None,
        members: &["SizeOf"],
    },
    Language {
        name: "C",
        own: &[
            "EnumPacketIdentifier",
            "KarmemReader",
            "KarmemNewReader",
            "KarmemReaderIsValidOffset",
            "KarmemWriter",
            "KarmemNewWriter",
            "KarmemWriterAlloc",
            "KarmemWriterWriteAt",
        ],
        of_struct: &[
            ("", ""),
            ("New", ""),
            ("", "Viewer"),
            ("New", "Viewer"),
            ("", "ViewerSize"),
            ("", "PacketIdentifier"),
            ("", "Reset"),
            ("", "Write"),
            ("", "WriteAsRoot"),
            ("", "Read"),
            ("", "ReadAsRoot"),
            ("EnumPacketIdentifier", ""),
        ],
        of_enum: &[("Enum", "")],
        of_enumerator: Some("Enum"),
        members: &[],
    },
    Language {
        name: "Zig",
        own: &["EnumPacketIdentifier", "Allocator"],
        of_struct: &[("", ""), ("New", ""), ("", "Viewer"), ("New", "Viewer")],
        of_enum: &[("Enum", ""), ("DefaultEnum", "")],
        of_enumerator: None,
        members: &[],
    },
];

/// All names of a file that its generated code declares twice.
///
/// `users` are the names of types that a person chose: where one of those clashes with a generated
/// struct, the person's is the one to be renamed.
pub(crate) fn problems(decls: &[Decl], users: &HashSet<&str>) -> Vec<KmProblem> {
    let (chosen, generated): (Vec<_>, Vec<_>) =
        decls.iter().partition(|decl| users.contains(decl.name()));
    let mut problems = Vec::new();
    let mut known = HashSet::new();
    for language in &LANGUAGES {
        let mut taken: HashMap<String, Option<String>> = HashMap::new();
        taken.extend(language.own.iter().map(|name| ((*name).to_owned(), None)));
        for decl in generated.iter().chain(&chosen) {
            for (name, owner) in language.globals(decl) {
                let Some(other) = taken.get(&name) else {
                    taken.insert(name, Some(owner));
                    continue;
                };
                // Types of one name are reported as such.
                let Some((at, by)) = at_fault(&name, owner, other.clone()) else {
                    continue;
                };
                // Two types that clash do so in more than one way and language.
                if known.insert((at.clone(), by.clone())) {
                    problems.push(taken_name(at, language.name, name, by));
                }
            }
        }
    }
    for decl in decls {
        if let Decl::Struct { name, body } = decl {
            members(name, body, &mut problems);
        }
    }
    problems
}

/// Which of two owners of a name is to be renamed, and the other one.
fn at_fault(name: &str, owner: String, other: Option<String>) -> Option<(String, Option<String>)> {
    match other {
        Some(other) if other == owner => None,
        // The type that is called so itself, and not what is made of another's name.
        Some(other) if other == name => Some((other, Some(owner))),
        other => Some((owner, other)),
    }
}

fn taken_name(at: String, language: &'static str, name: String, by: Option<String>) -> KmProblem {
    let reason = KmReason::Taken { language, name, by };
    KmProblem { at, reason }
}

/// Fields that have the name of a method.
fn members(owner: &str, body: &Body, problems: &mut Vec<KmProblem>) {
    for (field, _) in &body.fields {
        let at = format!("{owner}.{field}");
        let language = LANGUAGES
            .iter()
            .find(|language| language.members.contains(&field.as_str()));
        if let Some(language) = language {
            problems.push(taken_name(at, language.name, field.clone(), None));
            continue;
        }
        // C has a function for the length of each slice and array, called like an accessor.
        let counted = field.strip_suffix("Length").and_then(|counted| {
            let is_counted =
                |(name, ty): &&(String, String)| name == counted && ty.starts_with('[');
            body.fields.iter().find(is_counted)
        });
        if let Some((counted, _)) = counted {
            let name = format!("{owner}Viewer_{field}");
            let by = Some(format!("{owner}.{counted}"));
            problems.push(taken_name(at, "C", name, by));
        }
    }
}

impl Language {
    /// The global names that the code has for a declaration, each with the place that gives it.
    fn globals(&self, decl: &Decl) -> Vec<(String, String)> {
        let of_type = |affixes: &[(&str, &str)], name: &String| {
            let named =
                |(prefix, suffix): &(&str, &str)| (format!("{prefix}{name}{suffix}"), name.clone());
            affixes.iter().map(named).collect::<Vec<_>>()
        };
        match decl {
            Decl::Struct { name, .. } => of_type(self.of_struct, name),
            Decl::Enum { name, values, .. } => {
                let mut all = of_type(self.of_enum, name);
                if let Some(prefix) = self.of_enumerator {
                    all.extend(values.iter().map(|(value, _)| {
                        (format!("{prefix}{name}{value}"), format!("{name}.{value}"))
                    }));
                }
                all
            }
        }
    }
}
