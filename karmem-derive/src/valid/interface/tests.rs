use super::*;
use crate::ast::Scalar;

fn valid(args: TokenStream, item: ItemTrait) -> Interface {
    match validate(args, &item) {
        Ok(input) => input,
        Err(errors) => panic!("refused: {}", errors.to_compile_error()),
    }
}

fn refused(args: TokenStream, item: ItemTrait) -> Vec<String> {
    match validate(args, &item) {
        Ok(_) => panic!("accepted `{}`", item.ident),
        Err(errors) => errors.into_iter().map(|error| error.to_string()).collect(),
    }
}

#[test]
fn names_and_defaults() {
    let input = valid(
        TokenStream::new(),
        parse_quote! { pub trait RigidPhysics2D { fn step(&mut self); } },
    );
    assert_eq!(input.name, "rigid_physics2_d");
    // Of this crate, as cargo says.
    assert_eq!(
        (input.package.as_str(), input.version),
        ("karmem_derive", 1)
    );
    let input = valid(
        quote::quote!(package = "game", version = 7, crate = "engine::karmem"),
        parse_quote! { trait Physics { fn r#type(&self, r#in: u8) -> u8; } },
    );
    assert_eq!((input.package.as_str(), input.version), ("game", 7));
    assert_eq!(input.krate.segments.len(), 2);
    let [method] = input.methods.as_slice() else {
        panic!("one method")
    };
    assert_eq!(
        (method.name.as_str(), method.params[0].name.as_str()),
        ("type", "in")
    );
}

#[test]
fn every_way_to_pass() {
    let input = valid(
        TokenStream::new(),
        parse_quote! {
            trait Physics {
                fn step(
                    &mut self,
                    dt: f32,
                    team: Team,
                    by: &Point,
                    #[karmem(verify)] old: View<World>,
                    new: karmem::ViewMut<'_, World>,
                    at: Shared<World>,
                    own: View,
                ) -> Result<(), Team>;
            }
        },
    );
    let passes: Vec<_> = input.methods[0]
        .params
        .iter()
        .map(|param| &param.pass)
        .collect();
    assert!(matches!(
        passes.as_slice(),
        [
            Pass::Scalar(Scalar::F32, _),
            Pass::Value { by_ref: false, .. },
            Pass::Value { by_ref: true, .. },
            Pass::View(_, true),
            Pass::ViewMut(_, false),
            Pass::Shared(_),
            // A type of the user's that is called so.
            Pass::Value { by_ref: false, .. },
        ]
    ));
    // rustc would not know the attribute.
    let trait_tokens = input.item.to_token_stream().to_string();
    assert!(!trait_tokens.contains("verify"), "{trait_tokens}");
}

/// One mistake each, with what its one error says.
#[test]
fn one_mistake_gives_one_error() {
    let cases: &[(ItemTrait, &str)] = &[
        (parse_quote! { trait A<T> { fn f(&self); } }, "is generic"),
        (
            parse_quote! { trait A: Send { fn f(&self); } },
            "a supertrait says nothing",
        ),
        (
            parse_quote! { trait A where Self: Sized { fn f(&self); } },
            "a bound of the trait",
        ),
        (
            parse_quote! { unsafe trait A { fn f(&self); } },
            "remove `unsafe`",
        ),
        (parse_quote! { trait A {} }, "`A` has no methods"),
        (
            parse_quote! { trait A { type T; fn f(&self); } },
            "an associated type cannot be",
        ),
        (
            parse_quote! { trait A { const C: u8; fn f(&self); } },
            "an associated constant cannot be",
        ),
        (
            parse_quote! { trait Élan { fn f(&self); } },
            "interface `Élan` cannot be exported",
        ),
        (parse_quote! { trait A { fn f(); } }, "`f` takes no `self`"),
        (
            parse_quote! { trait A { fn f(self); } },
            "write `&mut self` or `&self`",
        ),
        (
            parse_quote! { trait A { fn f(self: &Self); } },
            "write `&mut self` or `&self`",
        ),
        (
            parse_quote! { trait A { fn f(&'static self); } },
            "remove the lifetime",
        ),
        (
            parse_quote! { trait A { fn f<T>(&self); } },
            "write one method for each",
        ),
        (
            parse_quote! { trait A { async fn f(&self); } },
            "remove `async`",
        ),
        (
            parse_quote! { trait A { unsafe fn f(&self); } },
            "remove this word",
        ),
        (
            parse_quote! { trait A { extern "C" fn f(&self); } },
            "the ABI of exports is generated",
        ),
        (
            parse_quote! { trait A { fn f(&self) {} } },
            "has a body here",
        ),
        (parse_quote! { trait A { fn f__g(&self); } }, "it has `__`"),
        (
            parse_quote! { trait A { fn _f(&self); } },
            "does not begin with a letter",
        ),
        (
            parse_quote! { trait A { fn f(&self); fn f(&self); } },
            "two methods are called `f`",
        ),
        (
            parse_quote! { trait A { fn f(&self); fn f_async(&self); } },
            "to await it",
        ),
        (
            parse_quote! { trait A { #[cfg(x)] fn f(&self); } },
            "put the `cfg` on the whole trait",
        ),
        (
            parse_quote! { trait A { #[karmem(version = 1)] fn f(&self); } },
            "a method takes no options",
        ),
        (
            parse_quote! { trait A { fn f(&self, _: u8); } },
            "a parameter needs a name",
        ),
        (
            parse_quote! { trait A { fn f(&self, a__b: u8); } },
            "parameter `a__b` cannot be exported",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: String); } },
            "a text does not travel by itself",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: &str); } },
            "a text does not travel by itself",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: Vec<u8>); } },
            "a list does not travel",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: &[u8]); } },
            "a list does not travel",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: [u8; 4]); } },
            "an array does not travel",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: Option<B>); } },
            "an option does not travel",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: HashMap<u8, B>); } },
            "a map does not travel",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: (u8, u8)); } },
            "a tuple does not travel",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: ()); } },
            "`()` carries nothing",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: Self); } },
            "the instance stays in its module",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: usize); } },
            "`usize` differs between modules",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: Rc<B>); } },
            "shares or borrows",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: &mut B); } },
            "write `ViewMut<…>`",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: &'static B); } },
            "remove the lifetime",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: B<'static>); } },
            "a type without a lifetime",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: View<'static, B>); } },
            "remove the lifetime",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: View<u8>); } },
            "does not lie in a region by itself",
        ),
        (
            parse_quote! { trait A { fn f(&self, a: View<Vec<B>>); } },
            "a list does not travel",
        ),
        (
            parse_quote! { trait A { fn f(&self, #[karmem(verify)] a: B); } },
            "values are always checked",
        ),
        (
            parse_quote! { trait A { fn f(&self, #[karmem(check)] a: View<B>); } },
            "unknown option `check`",
        ),
        (
            parse_quote! { trait A { fn f(&self) -> String; } },
            "the result of `f`: a text",
        ),
        (
            parse_quote! { trait A { fn f(&self) -> &B; } },
            "nothing that a call returns borrows",
        ),
        (
            parse_quote! { trait A { fn f(&self) -> View<B>; } },
            "a view ends with the call",
        ),
        (
            parse_quote! { trait A { fn f(&self) -> Result<u8, ()>; } },
            "an error of type `()` says nothing",
        ),
        (
            parse_quote! { trait A { fn f(&self) -> Result<Result<u8, B>, B>; } },
            "a `Result` in a `Result`",
        ),
        (
            parse_quote! { trait A { fn f(&self) -> Option<B>; } },
            "an option does not travel",
        ),
    ];
    for (item, expected) in cases {
        let errors = refused(TokenStream::new(), item.clone());
        let shown = item.to_token_stream();
        assert_eq!(errors.len(), 1, "{shown}: {errors:#?}");
        assert!(errors[0].contains(expected), "{shown}: {}", errors[0]);
    }
}

#[test]
fn options_are_known_and_given_once() {
    let errors = refused(
        quote::quote!(
            package = "a b",
            version = 1u8,
            verify,
            version = 2,
            versoin = 3
        ),
        parse_quote! { trait A { fn f(&self, a: String); } },
    );
    let expected = [
        "`verify` belongs on a parameter",
        "`version` is given twice",
        "did you mean `version`",
        "`version` is a `u32`",
        "the package cannot be called \"a b\"",
        "a text does not travel",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.contains(expected), "{error}");
    }
}
