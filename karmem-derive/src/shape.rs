//! From a field's type to its [`Shape`]; types that no message can hold are refused here.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Expr, ExprLit, GenericArgument, Ident, Lit, PathArguments, PathSegment, Type, TypeArray,
};

use crate::ast::{Scalar, Shape, Ty};
use crate::ctxt::Ctxt;

/// The type with `Self` spelt out, because generated code mentions it elsewhere too.
pub(crate) fn without_self(ty: &Type, name: &Ident) -> Type {
    syn::parse2(spell_out(ty.to_token_stream(), name)).unwrap_or_else(|_| ty.clone())
}

fn spell_out(tokens: TokenStream, name: &Ident) -> TokenStream {
    let spell_out = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => {
            let mut name = name.clone();
            name.set_span(ident.span());
            name.into()
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), spell_out(group.stream(), name));
            inner.set_span(group.span());
            inner.into()
        }
        other => other,
    };
    tokens.into_iter().map(spell_out).collect()
}

/// Recognises a type and reports what in it cannot be. `label` is the field in messages.
pub(crate) fn recognise(cx: &mut Ctxt, label: &str, ty: &Type) -> Ty {
    let shape = match ty {
        Type::Group(group) => recognise(cx, label, &group.elem).shape,
        Type::Paren(paren) => recognise(cx, label, &paren.elem).shape,
        Type::Array(array) => of_array(cx, label, array),
        Type::Path(path) if path.qself.is_none() => match path.path.segments.last() {
            Some(last) => of_segment(cx, label, ty, last, path.path.segments.len() == 1),
            None => Shape::Path,
        },
        Type::Path(_) => Shape::Path,
        other => {
            if let Some(advice) = unsupported(other) {
                cx.error(other, format!("{label}: {advice}"));
            }
            Shape::Path
        }
    };
    Ty {
        ty: ty.clone(),
        shape,
    }
}

fn of_array(cx: &mut Ctxt, label: &str, array: &TypeArray) -> Shape {
    if let Expr::Lit(ExprLit {
        lit: Lit::Int(len), ..
    }) = &array.len
    {
        match len.base10_parse::<u64>() {
            Ok(0) => cx.error(
                &array.len,
                format!("{label}: an array of no elements cannot be spelt in a `.km`; remove the field"),
            ),
            Ok(len) if u32::try_from(len).is_ok() => {}
            _ => cx.error(
                &array.len,
                format!("{label}: an array holds at most 4294967295 bytes; use a `Vec`, or fewer elements"),
            ),
        }
    }
    Shape::Array(Box::new(recognise(cx, label, &array.elem)))
}

fn of_segment(cx: &mut Ctxt, label: &str, ty: &Type, last: &PathSegment, alone: bool) -> Shape {
    let name = last.ident.to_string();
    let args = match &last.arguments {
        PathArguments::None => {
            if let Some(scalar) = Scalar::parse(&name).filter(|_| alone) {
                return Shape::Scalar(scalar);
            }
            if name == "String" {
                return Shape::Str;
            }
            if let Some(advice) = unsupported_name(&name).filter(|_| alone) {
                cx.error(ty, format!("{label}: {advice}"));
            }
            return Shape::Path;
        }
        PathArguments::AngleBracketed(args) => args
            .args
            .iter()
            .filter_map(|arg| {
                if let GenericArgument::Type(ty) = arg {
                    Some(ty)
                } else {
                    None
                }
            })
            .collect::<Vec<_>>(),
        _ => {
            cx.error(
                ty,
                format!("{label}: a function cannot be in a message; remove the field"),
            );
            return Shape::Path;
        }
    };
    if let Some(advice) = unsupported_generic(&name) {
        cx.error(ty, format!("{label}: {advice}"));
        return Shape::Path;
    }
    let mut inner = |ty: &Type| Box::new(recognise(cx, label, ty));
    match (name.as_str(), args.as_slice()) {
        ("Vec", [elem]) => Shape::List(inner(elem)),
        ("Option", [value]) => {
            let value = inner(value);
            check_option(cx, label, &value);
            Shape::Option(value)
        }
        ("Box", [Type::Slice(slice)]) => Shape::List(inner(&slice.elem)),
        ("Box", [Type::Path(path)]) if path.qself.is_none() && path.path.is_ident("str") => {
            Shape::Str
        }
        ("Box", [value]) => Shape::Boxed(inner(value)),
        ("BTreeMap", [key, value]) | ("HashMap", [key, value] | [key, value, _]) => {
            let (key, value) = (inner(key), inner(value));
            check_key(cx, label, &key);
            Shape::Map(value)
        }
        _ => Shape::Path,
    }
}

/// One presence byte, or one null, cannot say of two options which of them is `None`.
fn check_option(cx: &mut Ctxt, label: &str, value: &Ty) {
    match &value.shape {
        Shape::Boxed(inner) => check_option(cx, label, inner),
        Shape::Option(_) => {
            let message = format!(
                "{label}: an `Option` of an `Option` has no wire form, also through a `Box`; give the inner one \
                 a struct with a named field"
            );
            cx.error(&value.ty, message);
        }
        _ => {}
    }
}

/// Keys are sorted and searched, so they need a total order that every language agrees on.
fn check_key(cx: &mut Ctxt, label: &str, key: &Ty) {
    let what = match &key.shape {
        Shape::Scalar(Scalar::F32 | Scalar::F64) => "a float",
        Shape::List(_) => "a list",
        Shape::Array(..) => "an array",
        Shape::Option(_) => "an option",
        Shape::Boxed(_) => "a box",
        Shape::Map(..) => "a map",
        Shape::Scalar(_) | Shape::Str | Shape::Path => return,
    };
    let message = format!(
        "{label}: {what} cannot be a map's key; use an integer, `bool`, `char` or `String`"
    );
    cx.error(&key.ty, message);
}

/// The legacy layout's elements must be of fixed form: there are no generated wrappers in it.
pub(crate) fn check_legacy(cx: &mut Ctxt, label: &str, ty: &Ty) {
    let elements = match &ty.shape {
        Shape::List(elem) | Shape::Array(elem) => elem,
        Shape::Option(inner) | Shape::Boxed(inner) => return check_legacy(cx, label, inner),
        Shape::Map(value) => return check_legacy(cx, label, value),
        Shape::Scalar(_) | Shape::Str | Shape::Path => return,
    };
    let what = match &elements.shape {
        Shape::Str => "texts",
        Shape::List(_) => "lists",
        Shape::Option(_) => "options",
        Shape::Map(..) => "maps",
        _ => return check_legacy(cx, label, elements),
    };
    let message = format!(
        "{label}: layout \"legacy\" has no lists or arrays of {what}; wrap the element in an inline struct \
         of one named field, or choose another layout"
    );
    cx.error(&elements.ty, message);
}

/// Whether a value of this type holds a `name` or `Self` in place, whatever lies behind a list or map
/// set aside. `through_option`: an option counts as holding its value.
pub(crate) fn mention<'a>(ty: &'a Ty, name: &syn::Ident, through_option: bool) -> Option<&'a Type> {
    match &ty.shape {
        Shape::Path => match &ty.ty {
            Type::Path(path) if path.path.is_ident(name) || path.path.is_ident("Self") => {
                Some(&ty.ty)
            }
            _ => None,
        },
        Shape::Array(inner) | Shape::Boxed(inner) => mention(inner, name, through_option),
        Shape::Option(inner) if through_option => mention(inner, name, through_option),
        Shape::Option(_) | Shape::Scalar(_) | Shape::Str | Shape::List(_) | Shape::Map(..) => None,
    }
}

fn unsupported(ty: &Type) -> Option<String> {
    let advice = match ty {
        Type::Reference(reference) => return Some(of_reference(&reference.elem)),
        Type::Slice(_) => "a bare slice has no size; use a `Vec` or a boxed slice",
        Type::Tuple(tuple) if tuple.elems.is_empty() => "`()` holds nothing; remove the field",
        Type::Tuple(_) => {
            "a tuple has no name in a `.km`; make it a struct with `#[derive(Karmem)]`"
        }
        Type::FnPtr(_) => "a function cannot be in a message; remove the field",
        Type::Ptr(_) => {
            "a raw pointer means nothing in another module; store the value, or an index as `u32`"
        }
        Type::TraitObject(_) | Type::ImplTrait(_) => {
            "a trait object has no layout; make it an enum with data, of the types it can be"
        }
        Type::Macro(_) => "a macro hides the type; write the type itself",
        Type::Infer(_) => "the type must be written out, not `_`",
        Type::Never(_) => "`!` has no value; remove the field",
        Type::Verbatim(_) => "karmem does not know this kind of type; use a struct or an enum",
        _ => return None,
    };
    Some(advice.to_owned())
}

fn of_reference(target: &Type) -> String {
    let own = match target {
        Type::Path(path) if path.path.is_ident("str") => "`String`",
        Type::Slice(_) => "a `Vec`",
        _ => "the value itself, or a `Vec` of it",
    };
    format!(
        "a reference cannot be in a message; use {own} (reading in place needs no reference: the view borrows)"
    )
}

fn unsupported_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "usize" => "`usize` differs between modules; use `u32` or `u64`",
        "isize" => "`isize` differs between modules; use `i32` or `i64`",
        "u128" => "`u128` has no `.km` type; use `[u64; 2]`, or `u64`",
        "i128" => "`i128` has no `.km` type; use `[u64; 2]`, or `i64`",
        "str" => "`str` has no size; use `String` or `Box<str>`",
        "OsString" | "PathBuf" | "CString" => "this text differs between systems; use `String`",
        _ => return None,
    })
}

/// Only with generic arguments, because a game may well have a `Cell` of its own.
fn unsupported_generic(name: &str) -> Option<String> {
    Some(match name {
        "Rc" | "Arc" | "Weak" | "Cell" | "RefCell" | "OnceCell" | "Mutex" | "RwLock" | "Cow"
        | "Pin" => {
            format!(
                "`{name}` shares or borrows its value; own the value: write its type without `{name}`"
            )
        }
        "HashSet" | "BTreeSet" | "VecDeque" | "LinkedList" | "BinaryHeap" => {
            format!("`{name}` has no `.km` type; use a `Vec`")
        }
        "Result" => "`Result` has no `.km` type; make it an enum with data".to_owned(),
        "PhantomData" => "`PhantomData` holds nothing; remove the field".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn outline(ty: &Ty) -> String {
        match &ty.shape {
            Shape::Scalar(scalar) => scalar.name().to_owned(),
            Shape::Str => "str".to_owned(),
            Shape::List(elem) => format!("[{}]", outline(elem)),
            Shape::Array(elem) => format!("[{}; n]", outline(elem)),
            Shape::Option(value) => format!("{}?", outline(value)),
            Shape::Boxed(value) => format!("*{}", outline(value)),
            Shape::Map(value) => format!("{{{}}}", outline(value)),
            Shape::Path => "path".to_owned(),
        }
    }

    fn of(ty: Type) -> Result<String, String> {
        let mut cx = Ctxt::default();
        let ty = recognise(&mut cx, "field `f`", &ty);
        cx.finish()
            .map(|()| outline(&ty))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn shapes() {
        for (ty, expected) in [
            (parse_quote!(u8), "u8"),
            (parse_quote!(::std::string::String), "str"),
            (parse_quote!(Box<str>), "str"),
            (parse_quote!(Option<Box<[Vec3]>>), "[path]?"),
            (parse_quote!(std::vec::Vec<[f32; 3]>), "[[f32; n]]"),
            (parse_quote!(Option<Vec<Option<(bool)>>>), "[bool?]?"),
            (parse_quote!(HashMap<String, Vec<char>, S>), "{[char]}"),
            (parse_quote!(Box<Node>), "*path"),
            (parse_quote!(Cell), "path"),
            (parse_quote!(my::u128), "path"),
            (parse_quote!([u8; { N + 1 }]), "[u8; n]"),
        ] {
            assert_eq!(of(ty).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn refusals_say_what_to_use() {
        for (ty, expected) in [
            (parse_quote!(usize), "`u32` or `u64`"),
            (parse_quote!(Vec<i128>), "`i64`"),
            (parse_quote!(&'static str), "`String`"),
            (parse_quote!(&[u8]), "`Vec`"),
            (parse_quote!(*const u8), "index"),
            (parse_quote!(Option<(u8, u8)>), "struct"),
            (parse_quote!(Box<dyn Fn()>), "enum with data"),
            (parse_quote!(fn(u8) -> u8), "remove"),
            (parse_quote!([u8; 0]), "no elements"),
            (parse_quote!([u8; 4294967296]), "fewer"),
            (parse_quote!(BTreeMap<f32, u8>), "integer"),
            (parse_quote!(BTreeMap<Vec<u8>, u8>), "integer"),
            (parse_quote!(Arc<Vec3>), "own the value"),
            (parse_quote!(str), "`Box<str>`"),
            (parse_quote!(_), "written out"),
            (parse_quote!(!), "remove"),
        ] {
            let message = of(ty).expect_err(expected);
            assert!(
                message.starts_with("field `f`: ") && message.contains(expected),
                "{message}"
            );
        }
    }

    #[test]
    fn legacy_elements() {
        let refused = |ty: Type| {
            let mut cx = Ctxt::default();
            let ty = recognise(&mut cx, "field `f`", &ty);
            check_legacy(&mut cx, "field `f`", &ty);
            cx.finish().is_err()
        };
        assert!(refused(parse_quote!(Vec<String>)));
        assert!(refused(parse_quote!([Option<u8>; 3])));
        assert!(refused(parse_quote!(Option<Vec<[Vec<u8>; 2]>>)));
        assert!(!refused(parse_quote!(Vec<[u8; 2]>)));
        assert!(!refused(parse_quote!(Option<String>)));
    }

    #[test]
    fn mentions_of_itself() {
        let mentions = |ty: Type, through_option| {
            let ty = recognise(&mut Ctxt::default(), "", &ty);
            mention(&ty, &parse_quote!(Node), through_option).is_some()
        };
        assert!(mentions(parse_quote!(Option<Box<Self>>), true));
        assert!(!mentions(parse_quote!(Option<Box<Self>>), false));
        assert!(mentions(parse_quote!([Node; 2]), false));
        assert!(!mentions(parse_quote!(Vec<Node>), true));
        assert!(!mentions(parse_quote!(HashMap<u8, Node>), true));
    }
}
