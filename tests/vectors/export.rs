//! The `.km` of the Rust types is the schema that the messages were written with.

use karmem::Karmem;
use karmem::idl::Schema;
use karmem::schema::Type;

use crate::data::{names, read_text};
use crate::types::{self, gamepad_direct};

fn exported(schema: &str, types: &[Type]) -> String {
    let km = Schema::from_types(schema, types).to_km();
    km.unwrap_or_else(|e| panic!("{schema}: {e}"))
}

/// The declarations of a `.km`, the header first, enums sorted.
fn declarations(km: &str) -> Vec<String> {
    let (header, rest) = km.split_once(';').expect("a header");
    // `byte` is `uint8`, and tags for other languages concern no layout.
    let header: Vec<_> = header.split_whitespace().take(3).collect();
    let header = header.join(" ").replace("@packed()", "@packed(true)");
    let rest = rest
        .replace("]byte;", "]uint8;")
        .replace(" byte;", " uint8;");
    let tight = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut all: Vec<_> = rest.split_inclusive('}').map(tight).collect();
    all.retain(|declaration| !declaration.is_empty());
    for declaration in &mut all {
        *declaration = declaration.replace("{ ", "{").replace("; ", ";");
    }
    // Structs keep their order; ours has enums right before their use.
    all.sort_by_cached_key(|declaration| match declaration.starts_with("enum ") {
        true => (0, declaration.clone()),
        false => (1, String::new()),
    });
    all.insert(0, header);
    all
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn types_export_as_the_schemas() {
    let names = names("schemas", "km");
    assert_eq!(names.len(), 9);
    for name in names {
        let theirs = read_text(&format!("{name}.km"));
        let schema = name.strip_prefix("schemas/").expect("a name in the folder");
        let ours = exported(schema, types::types(schema));
        assert_eq!(declarations(&ours), declarations(&theirs), "{schema}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn slices_of_tables_export_wrappers() {
    let ours = exported("gamepad", &[gamepad_direct::Monsters::TYPE]);
    // The schema calls by hand what the lowering calls by a rule.
    let ours = ours
        .replace("WeaponDataRef", "Weapon")
        .replace("MonsterDataRef", "Monster");
    let theirs = read_text("schemas/gamepad.km");
    assert_eq!(declarations(&ours), declarations(&theirs));
}
