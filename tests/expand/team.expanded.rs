// What the derive adds to `team.rs`. Blessed by `KARMEM_BLESS=1 cargo test -p karmem-derive`.

#[derive(Clone, Debug, PartialEq)]
#[repr(u8)]
pub enum Team {
    Humans,
    Orcs,
    Zombies = 255,
}
#[allow(deprecated)]
const _: () = {
    const SCHEMA: &::karmem::schema::Enum = &::karmem::schema::Enum {
        name: ::karmem::schema::Name {
            km: "Team",
            path: ::core::concat!(::core::module_path!(), "::Team"),
        },
        repr: ::karmem::schema::Scalar::U8,
        values: &[("Humans", 0), ("Orcs", 1), ("Zombies", 255)],
    };
    #[automatically_derived]
    impl ::karmem::wire::Field for Team {
        type Kind = ::karmem::kind::Scalar;
    }
    #[automatically_derived]
    impl ::karmem::kind::ScalarValue for Team {
        type Bytes = [u8; 1];
        type Align = ::karmem::rule::Align<1>;
        type Abi = i32;
        const TYPE: ::karmem::schema::Type = ::karmem::schema::Type::Enum(::karmem::schema::Named {
            name: SCHEMA.name,
            get: || SCHEMA,
        });
        const CAUSE: ::core::option::Option<::karmem::Cause> = ::core::option::Option::Some(
            ::karmem::Cause::Enumerator,
        );
        #[inline]
        fn is_valid(bytes: [u8; 1]) -> bool {
            ::core::matches!(u8::from_le_bytes(bytes), 0 | 1 | 255)
        }
        #[inline]
        fn from_wire(bytes: [u8; 1]) -> Self {
            match u8::from_le_bytes(bytes) {
                1 => Team::Orcs,
                255 => Team::Zombies,
                _ => Team::Humans,
            }
        }
        #[inline]
        fn to_wire(&self) -> [u8; 1] {
            let value: u8 = match self {
                Team::Humans => 0,
                Team::Orcs => 1,
                Team::Zombies => 255,
            };
            value.to_le_bytes()
        }
        fn debug(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            let name = match self {
                Team::Humans => "Humans",
                Team::Orcs => "Orcs",
                Team::Zombies => "Zombies",
            };
            f.write_str(name)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Enum(SCHEMA);
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Team:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
