use super::*;
use crate::ast::{Scalar, Shape};

fn valid(item: DeriveInput) -> Input {
    match validate(&item) {
        Ok(input) => input,
        Err(errors) => panic!("refused: {}", errors.to_compile_error()),
    }
}

fn refused(item: DeriveInput) -> Vec<String> {
    match validate(&item) {
        Ok(_) => panic!("accepted `{}`", item.ident),
        Err(errors) => errors.into_iter().map(|error| error.to_string()).collect(),
    }
}

fn as_struct(input: Input) -> Struct {
    match input.data {
        Data::Struct(data) => data,
        _ => panic!("`{}` is no struct", input.ident),
    }
}

#[test]
fn a_table() {
    let input = valid(parse_quote! {
        /// Lives here.
        #[karmem(table, id = 9, rename = "Beast")]
        pub struct Monster {
            pub is_alive: bool,
            #[karmem(max = 512)]
            name: Option<String>,
            r#type: u8,
            next: Option<Box<Self>>,
        }
    });
    assert_eq!((input.km.as_str(), input.docs.len()), ("Beast", 1));
    let data = as_struct(input);
    assert_eq!(
        (data.class, data.rule, data.id),
        (Class::Table, Rule::Padded, Some(9))
    );
    assert!(!data.transparent && !data.repr_c);
    let kms: Vec<_> = data.fields.iter().map(|field| field.km.as_str()).collect();
    assert_eq!(kms, ["IsAlive", "Name", "Type", "Next"]);
    assert_eq!(data.fields[1].max, Some(512));
    assert!(matches!(
        data.fields[1].ty.below_options().shape,
        Shape::Str
    ));
    assert_eq!(data.fields[2].accessor().to_string(), "r#type");
}

#[test]
fn tuples_and_newtypes() {
    let pair = as_struct(valid(
        parse_quote! { #[repr(C)] #[karmem(layout = "c")] struct Pair(u8, pub u16); },
    ));
    assert_eq!(pair.fields[1].km, "F1");
    assert_eq!(pair.fields[1].accessor().to_string(), "f1");
    assert!(pair.repr_c && !pair.transparent);
    assert!(as_struct(valid(parse_quote! { struct entity_id(u32); })).transparent);
    assert!(!as_struct(valid(parse_quote! { #[karmem(table)] struct Id(u32); })).transparent);
    assert!(!as_struct(valid(parse_quote! { struct Id { of: u32 } })).transparent);
    let all = refused(
        parse_quote! { #[karmem(rename = "B", id = 1, layout = "c")] struct A(#[karmem(max = 1)] String); },
    );
    assert_eq!(all.len(), 4, "{all:#?}");
}

#[test]
fn enum_values() {
    let input = valid(parse_quote! {
        #[repr(i16)]
        enum Team { Orcs = b'a', Zombies, Humans = 0x0, #[karmem(rename = "Other")] élan = (300) }
    });
    let Data::Enum(data) = input.data else {
        panic!("no enum")
    };
    let values: Vec<_> = data
        .values
        .iter()
        .map(|value| (value.km.as_str(), value.value))
        .collect();
    assert_eq!(
        values,
        [("Orcs", 97), ("Zombies", 98), ("Humans", 0), ("Other", 300)]
    );
    assert_eq!((data.repr, data.zero), (Scalar::I16, 2));
}

#[test]
fn enums_with_data() {
    let input = valid(parse_quote! {
        #[repr(u16)]
        #[karmem(spread, layout = "packed", rename = "Form")]
        pub enum Shape { Circle { radius: f32 } = 7, Empty = 0, Both(Box<Shape>, Box<Self>), Hollow {} }
    });
    let Data::Union(data) = input.data else {
        panic!("no union")
    };
    assert_eq!(
        (data.repr, data.rule, data.zero, data.spread),
        (Scalar::U16, Rule::Packed, 1, true)
    );
    let values: Vec<_> = data
        .variants
        .iter()
        .map(|v| (v.value, v.fields.len(), v.style))
        .collect();
    assert_eq!(
        values,
        [
            (7, 1, Style::Named),
            (0, 0, Style::Unit),
            (1, 2, Style::Tuple),
            (2, 0, Style::Named)
        ]
    );
    assert_eq!(data.variants[0].table.to_string(), "ShapeCircle");
    assert_eq!(data.variants[0].table_km, "FormCircle");
    assert!(matches!(
        data.variants[0].fields[0].vis,
        Visibility::Public(_)
    ));
}

#[test]
fn every_error_is_reported_with_its_field() {
    let all = refused(parse_quote! {
        #[karmem(table, inline)]
        struct Vec_3<'a, T> {
            _pad: u8,
            size: usize,
            #[karmem(max = 0)]
            list: Vec<u8>,
            #[karmem(max = 4294967296)]
            text: String,
            #[karmem(max = 3)]
            count: u32,
            lower_upper: u8,
            lowerUpper: u8,
            target: Option<u8>,
            has_target: bool,
        }
    });
    for expected in [
        "`inline`",
        "borrows for `'a`",
        "generic over `T`",
        "struct `Vec_3`",
        "field `_pad`",
        "field `size`",
        "field `list`",
        "field `text`",
        "field `count`",
        "`lower_upper` and `lowerUpper`",
        "field `has_target`",
    ] {
        assert_eq!(
            all.iter()
                .filter(|message| message.contains(expected))
                .count(),
            1,
            "{expected}: {all:#?}"
        );
    }
    assert_eq!(all.len(), 11, "{all:#?}");
}

#[test]
fn one_mistake_gives_one_error() {
    for item in [
        parse_quote! { struct A; },
        parse_quote! { struct A {} },
        parse_quote! { enum A {} },
        parse_quote! { union A { x: u8 } },
        parse_quote! { enum A { X, Y } },
        parse_quote! { #[repr(C)] enum A { X } },
        parse_quote! { #[repr(usize)] enum A { X } },
        parse_quote! { #[repr(u8)] enum A { X = 1, Y = 2 } },
        parse_quote! { #[repr(u8)] enum A { X, Y = -1 } },
        parse_quote! { #[repr(u8)] enum A { X, Y = 256 } },
        parse_quote! { #[repr(u8)] enum A { X, Y = 255, Z } },
        parse_quote! { #[repr(u8)] enum A { X = N, Y } },
        parse_quote! { #[repr(u8)] enum A { X, Y = 0 } },
        parse_quote! { #[repr(u8)] enum A2 { X } },
        parse_quote! { #[repr(u8)] #[karmem(table)] enum A { X } },
        parse_quote! { #[repr(u8)] #[karmem(spread)] enum A { X } },
        parse_quote! { #[repr(u8)] #[karmem(layout = "c")] enum A { X } },
        parse_quote! { #[repr(u64)] enum A { X(u8) } },
        parse_quote! { #[karmem(id = 1)] enum A { X(u8) } },
        parse_quote! { #[karmem(spread)] enum A { None, Kind(u8) } },
        parse_quote! { enum A { Not(Box<A>), Value(u8) } },
        parse_quote! { enum A { X, #[karmem(rename = "X")] Y(u8) } },
        parse_quote! { #[karmem(spread)] struct A { x: u8 } },
        parse_quote! { #[karmem(layout = "c")] #[repr(C, align(16))] struct A { x: u8 } },
        parse_quote! { #[repr(C, packed)] struct A { x: u8 } },
        parse_quote! { struct A { x: Option<Box<Self>> } },
        parse_quote! { struct A { x: [A; 2] } },
        parse_quote! { #[karmem(layout = "legacy")] struct A { x: Vec<String> } },
        parse_quote! { struct A { #[karmem(max = 1)] x: Alias } },
        parse_quote! { struct A { #[karmem(rename = "x")] x: u8 } },
    ] {
        let all = refused(item);
        assert_eq!(all.len(), 1, "{all:#?}");
    }
}

#[test]
fn more_variants_than_a_u8_counts() {
    let variant = |index: usize| -> syn::Variant {
        let ident = quote::format_ident!("V{index}");
        parse_quote!(#ident(u8))
    };
    let variants: Vec<_> = (0..257).map(variant).collect();
    let all = refused(parse_quote! { enum A { #(#variants),* } });
    assert!(all.len() == 1 && all[0].contains("repr(u16)"), "{all:#?}");
    valid(parse_quote! { #[repr(u16)] enum A { #(#variants),* } });
    let fewer = &variants[..256];
    valid(parse_quote! { enum A { #(#fewer),* } });
}
