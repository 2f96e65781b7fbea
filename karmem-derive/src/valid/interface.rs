//! Traits: what can be called from one module to another.

use std::collections::HashMap;

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{
    FnArg, GenericArgument, Ident, ItemTrait, LitStr, Pat, PathArguments, ReceiverKind, ReturnType,
    Signature, TraitItem, TraitItemFn, Type, TypeReference, parse_quote,
};

use crate::ast::{Interface, Method, Param, Pass, Shape, Ty};
use crate::attr;
use crate::ctxt::Ctxt;
use crate::shape;

/// As many as a host can take in a call.
const MAX_PARAMS: usize = 16;

/// Validates a trait.
///
/// # Errors
///
/// All errors of the trait, each on the token at fault.
pub(crate) fn validate(args: TokenStream, item: &ItemTrait) -> syn::Result<Interface> {
    let mut cx = Ctxt::default();
    let attrs = attr::interface(&mut cx, args);
    check_head(&mut cx, item);
    let package = package(&mut cx, attrs.package.as_ref(), &item.ident);
    let name = name(&mut cx, "interface", &item.ident, snake(&item.ident));
    let methods = methods(&mut cx, item);
    cx.finish()?;
    Ok(Interface {
        item: cleaned(item),
        krate: attrs.krate.unwrap_or_else(|| parse_quote!(::karmem)),
        package,
        name,
        version: attrs.version.unwrap_or(1),
        methods,
    })
}

/// The trait without the attributes that only karmem knows.
pub(crate) fn cleaned(item: &ItemTrait) -> ItemTrait {
    let mut item = item.clone();
    for member in &mut item.items {
        if let TraitItem::Fn(method) = member {
            for arg in &mut method.sig.inputs {
                if let FnArg::Typed(arg) = arg {
                    arg.attrs.retain(|attr| !attr.path().is_ident("karmem"));
                }
            }
        }
    }
    item
}

fn snake(ident: &Ident) -> String {
    ident.unraw().to_string().to_snake_case()
}

/// Refuses what a trait of this name would have besides methods.
fn check_head(cx: &mut Ctxt, item: &ItemTrait) {
    let name = &item.ident;
    for param in &item.generics.params {
        cx.error(
            param,
            format!("`{name}` is generic, and a module exports functions of concrete types; write one trait for each"),
        );
    }
    if let Some(clause) = &item.generics.where_clause {
        cx.error(clause, "a bound of the trait says nothing to other modules; put it where the trait is implemented");
    }
    if !item.supertraits.is_empty() {
        cx.error(
            &item.supertraits,
            "a supertrait says nothing to other modules; put the bound where the trait is implemented",
        );
    }
    if let Some(word) = &item.unsafety {
        cx.error(
            word,
            "other modules cannot be held to a contract; remove `unsafe`, and check what comes in",
        );
    }
    if let Some(word) = &item.modifiers.auto_token {
        cx.error(word, "an auto trait has no methods; remove `auto`");
    }
    if item.items.is_empty() {
        cx.error(
            name,
            format!("`{name}` has no methods, so there is nothing to call; add one"),
        );
    }
}

fn package(cx: &mut Ctxt, given: Option<&LitStr>, at: &Ident) -> String {
    let fault = |package: &str| match name_fault(package) {
        Some(fault) => Err(fault),
        None => Ok(package.to_owned()),
    };
    if let Some(given) = given {
        return fault(&given.value()).unwrap_or_else(|why| {
            let value = given.value();
            cx.error(
                given,
                format!(
                    "the package cannot be called \"{}\": {why}; {RULE}",
                    value.escape_debug()
                ),
            );
            value
        });
    }
    let of_cargo = std::env::var("CARGO_PKG_NAME")
        .unwrap_or_default()
        .replace('-', "_");
    fault(&of_cargo).unwrap_or_else(|why| {
        cx.error(at, match of_cargo.as_str() {
            "" => "nothing says in which package this is; write `#[karmem::interface(package = \"name\")]`".to_owned(),
            name => format!("the package cannot be called \"{name}\" in an interface: {why}; write `#[karmem::interface(package = \"name\")]`"),
        });
        of_cargo
    })
}

const RULE: &str = "the rule is a letter, then letters, digits and single underscores, all ASCII";

/// Why a name cannot be part of the name of an export.
fn name_fault(name: &str) -> Option<&'static str> {
    let first = name.chars().next();
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        Some("it has characters other than ASCII letters, digits and underscores")
    } else if !first.is_some_and(|c| c.is_ascii_alphabetic()) {
        Some("it does not begin with a letter")
    } else if name.contains("__") {
        Some("it has `__`, which separates the parts of an export's name")
    } else {
        None
    }
}

/// Checks the name of something as it is to stand in the names of exports.
fn name(cx: &mut Ctxt, what: &str, at: &Ident, name: String) -> String {
    if let Some(why) = name_fault(&name) {
        cx.error(
            at,
            format!("{what} `{at}` cannot be exported under its name: {why}; {RULE}"),
        );
    }
    name
}

fn methods(cx: &mut Ctxt, item: &ItemTrait) -> Vec<Method> {
    let mut all = Vec::new();
    for member in &item.items {
        let (at, what): (&dyn ToTokens, _) = match member {
            TraitItem::Fn(method) => {
                all.push(of_method(cx, method));
                continue;
            }
            TraitItem::Const(it) => (&it.ident, "an associated constant"),
            TraitItem::Type(it) => (&it.ident, "an associated type"),
            TraitItem::Macro(it) => (&it.mac.path, "a macro"),
            other => (other, "this"),
        };
        let advice = "only methods can be called from other modules; move it to another trait";
        cx.error(at, format!("{what} cannot be in an interface: {advice}"));
    }
    check_unique(cx, &all);
    all
}

/// Refuses two methods whose generated names are the same.
fn check_unique(cx: &mut Ctxt, methods: &[Method]) {
    let mut seen = HashMap::new();
    for method in methods {
        if seen.insert(method.name.clone(), ()).is_some() {
            cx.error(
                &method.ident,
                format!("two methods are called `{}`; rename one", method.name),
            );
        }
    }
    for method in methods {
        let of = method.name.strip_suffix("_async");
        if let Some(of) = of.filter(|of| seen.contains_key(*of)) {
            cx.error(
                &method.ident,
                format!(
                    "`{}` is what clients call `{of}` by to await it; rename the method",
                    method.name
                ),
            );
        }
    }
}

fn of_method(cx: &mut Ctxt, method: &TraitItemFn) -> Method {
    let sig = &method.sig;
    let ident = &sig.ident;
    let name = name(cx, "method", ident, ident.unraw().to_string());
    check_signature(cx, sig);
    if let Some(body) = &method.default {
        cx.error(
            body,
            format!("`{ident}` has a body here, and other modules call the one that provides it; end it with `;`"),
        );
    }
    for attr in method
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"))
    {
        cx.error(
            attr,
            "both sides of a call must have the same methods; put the `cfg` on the whole trait",
        );
    }
    for attr in method
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("karmem"))
    {
        cx.error(attr, "a method takes no options; write them on the trait (`#[karmem::interface(…)]`) or on a parameter");
    }
    let mut params = Vec::new();
    for arg in &sig.inputs {
        if let FnArg::Typed(arg) = arg {
            params.extend(of_param(cx, arg));
        }
    }
    if params.len() > MAX_PARAMS {
        let count = params.len();
        cx.error(ident, format!("`{ident}` has {count} parameters, and a host takes at most {MAX_PARAMS}; put some into a struct"));
    }
    let (result, result_shape) = of_result(cx, ident, &sig.output);
    Method {
        ident: ident.clone(),
        name,
        docs: attr::docs(&method.attrs),
        params,
        result,
        result_shape,
    }
}

fn check_signature(cx: &mut Ctxt, sig: &Signature) {
    let ident = &sig.ident;
    for param in &sig.generics.params {
        cx.error(
            param,
            format!("`{ident}` is generic, and a module exports functions of concrete types; write one method for each"),
        );
    }
    if let Some(clause) = &sig.generics.where_clause {
        cx.error(
            clause,
            "a bound says nothing to other modules; put it where the trait is implemented",
        );
    }
    if let Some(word) = &sig.asyncness {
        cx.error(word, "a call between modules returns when it is done; remove `async` (hosts can await any method)");
    }
    if let Some(word) = &sig.constness {
        cx.error(
            word,
            "another module is not there at compile time; remove `const`",
        );
    }
    if let Some(abi) = &sig.abi {
        cx.error(abi, "the ABI of exports is generated; remove it here");
    }
    if !matches!(sig.safety, syn::Safety::Default) {
        cx.error(
            &sig.safety,
            "other modules cannot be held to a contract; remove this word, and check what comes in",
        );
    }
    if let Some(dots) = &sig.variadic {
        cx.error(
            dots,
            "a function in wasm has so many parameters as are declared; pass a struct with a `Vec`",
        );
    }
    match sig.receiver() {
        None => cx.error(ident, format!("`{ident}` takes no `self`; a module keeps one instance: write `&mut self` or `&self`")),
        Some(receiver) => {
            match &receiver.kind {
                ReceiverKind::Reference(_, None, _) => {}
                ReceiverKind::Reference(_, Some(lifetime), _) => {
                    cx.error(lifetime, "nothing that a call returns borrows; remove the lifetime");
                }
                _ => cx.error(receiver, "the instance stays in its module; write `&mut self` or `&self`"),
            }
        }
    }
}

fn of_param(cx: &mut Ctxt, arg: &syn::PatType) -> Option<Param> {
    let verify = attr::param(cx, &arg.attrs);
    let ident = match &*arg.pat {
        Pat::Ident(pat)
            if pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none() =>
        {
            &pat.ident
        }
        other => {
            cx.error(
                other,
                "a parameter needs a name, which both sides see; write one",
            );
            return None;
        }
    };
    let name = name(cx, "parameter", ident, ident.unraw().to_string());
    let pass = of_type(cx, &format!("`{ident}`"), &arg.ty, verify.is_some());
    if let Some(verify) = verify
        && !matches!(pass, Pass::View(..) | Pass::ViewMut(..))
    {
        cx.error(
            verify,
            format!(
                "`{ident}` is no `View` or `ViewMut`: values are always checked; remove `verify`"
            ),
        );
    }
    Some(Param {
        ident: ident.clone(),
        name,
        pass,
    })
}

fn of_type(cx: &mut Ctxt, label: &str, ty: &Type, verify: bool) -> Pass {
    match ty {
        Type::Group(group) => return of_type(cx, label, &group.elem, verify),
        Type::Paren(paren) => return of_type(cx, label, &paren.elem, verify),
        Type::Reference(reference) => {
            check_reference(cx, label, reference);
            let ty = value(cx, label, &reference.elem).ty;
            return Pass::Value { ty, by_ref: true };
        }
        _ => {}
    }
    match special(cx, label, ty) {
        Some((Special::View, inner)) => Pass::View(inner, verify),
        Some((Special::ViewMut, inner)) => Pass::ViewMut(inner, verify),
        Some((Special::Shared, _)) => Pass::Shared(ty.clone()),
        None => {
            let ty = value(cx, label, ty);
            match ty.shape {
                Shape::Scalar(scalar) => Pass::Scalar(scalar, ty.ty),
                _ => Pass::Value {
                    ty: ty.ty,
                    by_ref: false,
                },
            }
        }
    }
}

fn check_reference(cx: &mut Ctxt, label: &str, reference: &TypeReference) {
    if let Some(lifetime) = &reference.lifetime {
        cx.error(
            lifetime,
            format!("{label}: a message lives as long as the call; remove the lifetime"),
        );
    }
    if let Some(word) = &reference.mutability {
        cx.error(
            word,
            format!("{label}: another module cannot change a value of the caller; write `ViewMut<…>` for one that lies in a region, or return the new value"),
        );
    }
}

#[derive(Clone, Copy)]
enum Special {
    View,
    ViewMut,
    Shared,
}

/// `View<T>`, `ViewMut<T>` or `Shared<T>`, and the `T`.
fn special(cx: &mut Ctxt, label: &str, ty: &Type) -> Option<(Special, Type)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let special = match last.ident.to_string().as_str() {
        "View" => Special::View,
        "ViewMut" => Special::ViewMut,
        "Shared" => Special::Shared,
        _ => return None,
    };
    // A type of somebody's own may be called so too.
    let PathArguments::AngleBracketed(args) = &last.arguments else {
        return None;
    };
    let mut inner = None;
    for arg in &args.args {
        match arg {
            GenericArgument::Lifetime(lifetime) if lifetime.ident == "_" => {}
            GenericArgument::Lifetime(lifetime) => {
                cx.error(
                    lifetime,
                    format!("{label}: a view lives as long as the call; remove the lifetime"),
                );
            }
            GenericArgument::Type(ty) if inner.is_none() => inner = Some(ty),
            _ => return None,
        }
    }
    let inner = value(cx, label, inner?);
    if let Shape::Scalar(scalar) = inner.shape {
        let (scalar, word) = (scalar.name(), &last.ident);
        cx.error(
            &inner.ty,
            format!("{label}: a `{scalar}` does not lie in a region by itself; pass it as `{scalar}`, or `{word}` of a struct"),
        );
    }
    Some((special, inner.ty))
}

/// Checks the type of a value as far as a macro can see.
fn value(cx: &mut Ctxt, label: &str, ty: &Type) -> Ty {
    let mut quiet = Ctxt::default();
    let seen = shape::recognise(&mut quiet, label, ty);
    let wrap = "put it into a struct with `#[derive(karmem::Karmem)]`, and pass that";
    let bare = match (&seen.shape, ty) {
        (Shape::Str, _) => Some("a text".to_owned()),
        (Shape::List(_), _) => Some("a list".to_owned()),
        (Shape::Array(_), _) => Some("an array".to_owned()),
        (Shape::Option(_), _) => Some("an option".to_owned()),
        (Shape::Map(_), _) => Some("a map".to_owned()),
        (_, Type::Path(path)) if path.path.is_ident("str") => Some("a text".to_owned()),
        (_, Type::Path(path)) if path.path.is_ident("Self") => Some("the instance".to_owned()),
        (_, Type::Slice(_)) => Some("a list".to_owned()),
        (_, Type::Tuple(tuple)) if !tuple.elems.is_empty() => Some("a tuple".to_owned()),
        (_, Type::Reference(_)) => Some("a reference within another type".to_owned()),
        _ => None,
    };
    match (bare, quiet.finish()) {
        (Some(what), _) if what == "the instance" => {
            cx.error(
                ty,
                format!(
                    "{label}: the instance stays in its module; pass a message, or a `Shared<…>`"
                ),
            );
        }
        (Some(what), _) => cx.error(
            ty,
            format!("{label}: {what} does not travel by itself; {wrap}"),
        ),
        (None, Err(_)) if matches!(ty, Type::Tuple(_)) => {
            cx.error(ty, format!("{label}: `()` carries nothing; remove it"));
        }
        (None, Err(errors)) => {
            // What is said of fields is true of parameters.
            for error in errors {
                cx.error(
                    ty,
                    error.to_string().replace("remove the field", "remove it"),
                );
            }
        }
        (None, Ok(())) => check_lifetimes(cx, label, ty),
    }
    seen
}

fn check_lifetimes(cx: &mut Ctxt, label: &str, ty: &Type) {
    let Type::Path(path) = ty else { return };
    for segment in &path.path.segments {
        let PathArguments::AngleBracketed(args) = &segment.arguments else {
            continue;
        };
        for arg in &args.args {
            if let GenericArgument::Lifetime(lifetime) = arg {
                cx.error(
                    lifetime,
                    format!("{label}: a message owns its values; pass a type without a lifetime"),
                );
            }
        }
    }
}

fn of_result(cx: &mut Ctxt, method: &Ident, output: &ReturnType) -> (Type, Shape) {
    let ReturnType::Type(_, ty) = output else {
        return (parse_quote!(()), Shape::Path);
    };
    let label = format!("the result of `{method}`");
    let shape = result(cx, &label, ty, true);
    ((**ty).clone(), shape)
}

fn result(cx: &mut Ctxt, label: &str, ty: &Type, outer: bool) -> Shape {
    match ty {
        Type::Group(group) => return result(cx, label, &group.elem, outer),
        Type::Paren(paren) => return result(cx, label, &paren.elem, outer),
        Type::Tuple(tuple) if tuple.elems.is_empty() => return Shape::Path,
        Type::Reference(reference) => {
            cx.error(reference, format!("{label}: nothing that a call returns borrows; return the value, or a `Shared<…>` of one that lies in a region"));
            return Shape::Path;
        }
        _ => {}
    }
    if let Some((ok, err)) = of_result_type(ty) {
        if !outer {
            cx.error(
                ty,
                format!(
                    "{label}: a `Result` in a `Result` does not travel; make the errors one enum"
                ),
            );
        }
        result(cx, label, ok, false);
        if let Some(err) = err {
            if matches!(err, Type::Tuple(tuple) if tuple.elems.is_empty()) {
                cx.error(
                    err,
                    format!("{label}: an error of type `()` says nothing; use an enum"),
                );
            } else {
                result(cx, label, err, false);
            }
        }
        return Shape::Path;
    }
    match special(cx, label, ty) {
        Some((Special::Shared, _)) => Shape::Path,
        Some(_) => {
            cx.error(ty, format!("{label}: a view ends with the call; return the value, or a `Shared<…>` of one that lies in a region"));
            Shape::Path
        }
        None => value(cx, label, ty).shape,
    }
}

/// The types of `Result<T, E>`; an alias may have one only.
pub(crate) fn of_result_type(ty: &Type) -> Option<(&Type, Option<&Type>)> {
    let Type::Path(path) = ty else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Result")?;
    let PathArguments::AngleBracketed(args) = &last.arguments else {
        return None;
    };
    let mut types = args.args.iter().filter_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    Some((types.next()?, types.next()))
}

#[cfg(test)]
mod tests;
