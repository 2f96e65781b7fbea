//! The client and the provider of the host, against one another.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use karmem::{Karmem, Shared};

use super::mock::host::{Client, Definer, Link, Provider, System};
use super::{Engine, Id, PhysicsClient, PhysicsProvider, Point, Team, World};

const WORLD: Shared<World> = Shared::new(1, 8);

fn linked() -> (System, PhysicsClient) {
    let mut system = System::default();
    system.region = vec![0; 8];
    World::named("world").encode_in(&mut system.region).unwrap();
    let missing = PhysicsClient::bind(&mut Link(&system)).unwrap_err();
    assert_eq!(missing.0, "nobody provides `step`");
    let provider = PhysicsProvider(Engine::default());
    provider.define(&mut Definer(&mut system)).unwrap();
    let client = PhysicsClient::bind(&mut Link(&system)).unwrap();
    (system, client)
}

#[test]
fn every_method_is_called() {
    let (mut system, client) = linked();
    let by = Point { x: 10.0, y: 0.0 };
    let stepped = client.step(&mut system, WORLD, &by).unwrap();
    assert_eq!(stepped.name, "frame 8");
    let world = World::view_at(&system.region, 8, &Default::default()).unwrap();
    assert_eq!(world.points().get(2).map(|point| point.x()), Some(11.0));
    assert_eq!(client.frame(&mut system, WORLD), Ok(8));
    assert_eq!(client.points(&mut system, WORLD), Ok(3));

    let name = World::named("four");
    let found = client.find(&mut system, &name, Team::Everybody, Id(3));
    assert_eq!(found, Ok(Ok(Id(7))));
    let found = client.find(&mut system, &name, Team::Nobody, Id(3));
    assert_eq!(found, Ok(Err(World::named("no four"))));

    assert_eq!(client.place(&mut system, WORLD, true), Ok(Ok(())));
    let refused = client.place(&mut system, WORLD, false);
    assert_eq!(refused, Ok(Err(Team::Everybody)));
    assert_eq!(client.count(&mut system), Ok(1));
    assert_eq!(client.reset(&mut system), Ok(()));
    assert_eq!(client.clone().count(&mut system), Ok(0));
}

#[test]
fn calls_can_be_awaited() {
    let (mut system, client) = linked();
    let waker = Waker::noop();
    let by = Point::default();
    let found = pin!(client.step_async(&mut system, WORLD, &by));
    let Poll::Ready(stepped) = found.poll(&mut Context::from_waker(waker)) else {
        panic!("it waits");
    };
    assert_eq!(stepped.map(|world| world.name), Ok("frame 8".to_owned()));
}

#[test]
fn a_view_is_checked_where_the_parameter_says_so() {
    let (mut system, client) = linked();
    // A name that lies outside of the region.
    let name = World::LAYOUT.field("name").unwrap().at.at as usize;
    system.region[8 + name..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = client.frame(&mut system, WORLD).unwrap_err();
    assert!(error.0.starts_with("World.name, offset"), "{error:?}");
    assert!(client.step(&mut system, WORLD, &Point::default()).is_ok());
    let elsewhere = client.frame(&mut system, Shared::new(2, 8));
    assert!(elsewhere.is_err());
}
