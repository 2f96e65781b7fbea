//! The types of `kmparser.km`, packed.

use karmem::Karmem;

use crate::json::{enumerators, record};

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub(crate) enum StructClass {
    None,
    Table,
    Inline,
}
enumerators!(StructClass {
    None,
    Table,
    Inline
});

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub(crate) enum TypeModel {
    None,
    Single,
    Array,
    Slice,
    SliceLimited,
}
enumerators!(TypeModel {
    None,
    Single,
    Array,
    Slice,
    SliceLimited
});

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub(crate) enum TypeFormat {
    None,
    Primitive,
    Enum,
    Struct,
    Table,
}
enumerators!(TypeFormat {
    None,
    Primitive,
    Enum,
    Struct,
    Table
});

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed", id = 2206764383142231373)]
pub(crate) struct Type {
    pub(crate) schema: String,
    pub(crate) plain_schema: String,
    pub(crate) length: u32,
    pub(crate) format: TypeFormat,
    pub(crate) model: TypeModel,
}
record!(
    Type,
    TypeView {
        schema,
        plain_schema,
        length,
        format,
        model
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "packed", id = 6449815373135188035)]
pub(crate) struct PaddingType {
    pub(crate) data: Type,
}
record!(PaddingType, PaddingTypeView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "packed", id = 9280816983786621498)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) value: String,
}
record!(Tag, TagView { name, value });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed", id = 2296279785726396957)]
pub(crate) struct StructSize {
    pub(crate) minimum: u32,
    pub(crate) content: u32,
    pub(crate) padding: u32,
    pub(crate) total: u32,
    pub(crate) total_group: Vec<PaddingType>,
}
record!(
    StructSize,
    StructSizeView {
        minimum,
        content,
        padding,
        total,
        total_group
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed", id = 3117293985139574571)]
pub(crate) struct StructFieldSize {
    pub(crate) minimum: u32,
    pub(crate) allocation: u32,
    pub(crate) field: u32,
}
record!(
    StructFieldSize,
    StructFieldSizeView {
        minimum,
        allocation,
        field
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed", id = 6917629752752470509)]
pub(crate) struct EnumFieldData {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) tags: Vec<Tag>,
}
record!(EnumFieldData, EnumFieldDataView { name, value, tags });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "packed", id = 18350873289003309128)]
pub(crate) struct EnumField {
    pub(crate) data: EnumFieldData,
}
record!(EnumField, EnumFieldView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed", id = 18057555498029063613)]
pub(crate) struct EnumData {
    pub(crate) name: String,
    #[karmem(rename = "Type")]
    pub(crate) ty: Type,
    pub(crate) fields: Vec<EnumField>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) is_sequential: bool,
}
record!(
    EnumData,
    EnumDataView {
        name,
        ty,
        fields,
        tags,
        is_sequential
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "packed", id = 1253319329451847685)]
pub(crate) struct Enumeration {
    pub(crate) data: EnumData,
}
record!(Enumeration, EnumerationView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed", id = 17962757807284521522)]
pub(crate) struct StructFieldData {
    pub(crate) name: String,
    #[karmem(rename = "Type")]
    pub(crate) ty: Type,
    pub(crate) offset: u32,
    pub(crate) tags: Vec<Tag>,
    pub(crate) size: StructFieldSize,
}
record!(
    StructFieldData,
    StructFieldDataView {
        name,
        ty,
        offset,
        tags,
        size
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "packed", id = 12155838558451759529)]
pub(crate) struct StructField {
    pub(crate) data: StructFieldData,
}
record!(StructField, StructFieldView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed", id = 8290009745541165076)]
pub(crate) struct StructData {
    #[karmem(rename = "ID")]
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) size: StructSize,
    pub(crate) fields: Vec<StructField>,
    pub(crate) class: StructClass,
    pub(crate) tags: Vec<Tag>,
    pub(crate) packed: bool,
}
record!(
    StructData,
    StructDataView {
        id,
        name,
        size,
        fields,
        class,
        tags,
        packed
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "packed", id = 18088017590773436939)]
pub(crate) struct Structure {
    pub(crate) data: StructData,
}
record!(Structure, StructureView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed", id = 8764462619562198222)]
pub(crate) struct ContentSize {
    pub(crate) largest: u32,
}
record!(ContentSize, ContentSizeView { largest });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed", id = 12347233001904861813)]
pub(crate) struct ContentOptions {
    pub(crate) module: String,
    pub(crate) import: String,
    pub(crate) prefix: String,
}
record!(
    ContentOptions,
    ContentOptionsView {
        module,
        import,
        prefix
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed", id = 6792576797909524956)]
pub(crate) struct Content {
    pub(crate) tags: Vec<Tag>,
    pub(crate) structs: Vec<Structure>,
    pub(crate) enums: Vec<Enumeration>,
    pub(crate) size: ContentSize,
    pub(crate) name: String,
    pub(crate) packed: bool,
}
record!(
    Content,
    ContentView {
        tags,
        structs,
        enums,
        size,
        name,
        packed
    }
);
