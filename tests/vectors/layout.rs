//! The derive places every field where the public compiler's parser does.

use karmem::layout::Class;
use karmem::schema::{Field, Scalar, Struct, Type};
use serde_json::Value;

use crate::data::{names, read_json, text};
use crate::{is_pad, types};

fn number(json: &Value, key: &str) -> u32 {
    let number = json[key].as_u64().and_then(|n| u32::try_from(n).ok());
    number.unwrap_or_else(|| panic!("`{key}` is no number in {json}"))
}

fn scalar_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "bool",
        Scalar::U8 => "uint8",
        Scalar::I8 => "int8",
        Scalar::U16 => "uint16",
        Scalar::I16 => "int16",
        Scalar::U32 | Scalar::Char => "uint32",
        Scalar::I32 => "int32",
        Scalar::U64 => "uint64",
        Scalar::I64 => "int64",
        Scalar::F32 => "float32",
        Scalar::F64 => "float64",
    }
}

/// What the public parser says of a type that is no array and no slice.
struct Single {
    name: &'static str,
    format: &'static str,
    /// Bytes of one element.
    size: u32,
}

fn single(ty: &Type) -> Single {
    match ty {
        Type::Scalar(s) => Single {
            name: scalar_name(*s),
            format: "primitive",
            size: s.size(),
        },
        Type::Text => Single {
            name: "char",
            format: "primitive",
            size: 1,
        },
        Type::Enum(e) => Single {
            name: e.name.km,
            format: "enum",
            size: (e.get)().repr.size(),
        },
        Type::Struct(s) => {
            let of = (s.get)();
            let format = if of.class == Class::Table {
                "table"
            } else {
                "struct"
            };
            Single {
                name: of.name.km,
                format,
                size: of.layout.size,
            }
        }
        other => panic!("the public compiler has no {other:?}"),
    }
}

fn check_field(field: &Field, json: &Value, at: &str) {
    let (model, length, of) = match (&field.ty, field.max) {
        (Type::Array(of, n), None) => ("array", *n, single(of)),
        (Type::Slice(of), None) => ("slice", 0, single(of)),
        (Type::Slice(of), Some(max)) => ("slicelimited", max, single(of)),
        (Type::Text, None) => ("slice", 0, single(&field.ty)),
        (Type::Text, Some(max)) => ("slicelimited", max, single(&field.ty)),
        (ty, None) => ("single", 1, single(ty)),
        (ty, Some(_)) => panic!("{at}: {ty:?} with a max"),
    };
    assert_eq!(field.at.at, number(json, "Offset"), "offset of {at}");
    assert!(!field.flag, "{at} has a presence byte");
    assert_eq!(model, text(json, "Model"), "model of {at}");
    assert_eq!(length, number(json, "Length"), "length of {at}");
    assert_eq!(of.format, text(json, "Format"), "format of {at}");
    let byte = text(json, "Type") == "byte" && of.name == "uint8";
    assert!(byte || of.name == text(json, "Type"), "type of {at}");
    assert_eq!(of.size, number(json, "ElemSize"), "element of {at}");
}

/// The bytes of a struct that are in no field, as `(offset, length)`.
fn gaps(layout: &Struct) -> Vec<(u32, u32)> {
    let mut end = if layout.class == Class::Table { 4 } else { 0 };
    let mut gaps = Vec::new();
    let ends = layout
        .fields
        .iter()
        .map(|f| (f.at.at, f.at.at + value_size(f)));
    for (start, next) in ends.chain([(layout.layout.size, layout.layout.size)]) {
        assert!(start >= end, "fields of {} overlap", layout.name.km);
        if start > end {
            gaps.push((end, start - end));
        }
        end = next;
    }
    gaps
}

/// The bytes of a field as the public compiler counts them: to it, the second half of our
/// reference to a table is a `Pad` field.
fn value_size(field: &Field) -> u32 {
    match &field.ty {
        Type::Struct(s) if (s.get)().class == Class::Table => {
            assert!(matches!(field.size, 4 | 8), "{}", field.name);
            4
        }
        _ => field.size,
    }
}

fn check_struct(layout: &Struct, json: &Value, at: &str) {
    let class = text(json, "Class");
    assert_eq!(layout.class.name(), class, "class of {at}");
    assert_eq!(layout.layout.size, number(json, "Total"), "size of {at}");
    assert_eq!(
        layout.layout.size,
        number(json, "Content"),
        "content of {at}"
    );
    assert_eq!(
        number(json, "Pad"),
        0,
        "{at} is packed for the public compiler"
    );
    let minimum = if layout.class == Class::Table {
        4
    } else {
        layout.layout.size
    };
    assert_eq!(minimum, number(json, "Minimum"), "minimum of {at}");
    if let Some(id) = layout.id {
        assert_eq!(id.to_string(), text(json, "ID"), "id of {at}");
    }

    let fields = json["Fields"].as_array().expect("fields");
    let (pads, fields): (Vec<_>, Vec<_>) =
        fields.iter().partition(|field| is_pad(text(field, "Name")));
    let ours: Vec<_> = layout.fields.iter().map(|field| field.name).collect();
    let theirs: Vec<_> = fields.iter().map(|field| text(field, "Name")).collect();
    assert_eq!(ours, theirs, "fields of {at}");
    for (field, json) in layout.fields.iter().zip(fields) {
        let at = format!("{at}.{}", field.name);
        check_field(field, json, &at);
        assert_eq!(value_size(field), number(json, "FieldSize"), "size of {at}");
    }

    let pads: Vec<_> = pads
        .iter()
        .map(|p| (number(p, "Offset"), number(p, "FieldSize")))
        .collect();
    assert_eq!(gaps(layout), pads, "padding of {at}");
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn offsets_are_those_of_the_public_parser() {
    let names = names("layout", "json");
    assert_eq!(names.len(), 9);
    for name in names {
        let json = read_json(&format!("{name}.json"));
        let schema = text(&json, "Package");
        let ours = types::structs(schema);
        let theirs = json["Structs"].as_array().expect("structs");
        let our_names: Vec<_> = ours.iter().map(|s| s.name.km).collect();
        let their_names: Vec<_> = theirs.iter().map(|s| text(s, "Name")).collect();
        assert_eq!(our_names, their_names, "structs of {schema}");
        for (layout, json) in ours.iter().zip(theirs) {
            check_struct(layout, json, &format!("{schema}.{}", layout.name.km));
        }
    }
}

#[test]
fn lowered_wrappers_change_no_offset() {
    use karmem::Karmem;
    let offsets = |layout: &Struct| -> Vec<_> {
        layout
            .fields
            .iter()
            .map(|f| (f.name, f.at, f.size, f.max))
            .collect()
    };
    let pairs: [(&Struct, &Struct); 2] = [
        (
            types::gamepad::MonsterData::LAYOUT,
            types::gamepad_direct::MonsterData::LAYOUT,
        ),
        (
            types::gamepad::Monsters::LAYOUT,
            types::gamepad_direct::Monsters::LAYOUT,
        ),
    ];
    for (wrapped, direct) in pairs {
        assert_eq!(offsets(wrapped), offsets(direct));
        assert_eq!(wrapped.layout, direct.layout);
    }
}
