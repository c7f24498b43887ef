#[test_only]
module wal::wal_tests;

use sui::{coin::Coin, test_scenario};
use wal::wal::{Self, ProtectedTreasury, WAL};

const PUBLISHER: address = @0xA;

#[test]
fun the_whole_supply_goes_to_the_publisher_and_can_be_burnt() {
    let mut scenario = test_scenario::begin(PUBLISHER);
    wal::init_for_testing(scenario.ctx());
    scenario.next_tx(PUBLISHER);

    let mut treasury = scenario.take_shared<ProtectedTreasury>();
    let mut coin = scenario.take_from_sender<Coin<WAL>>();
    assert!(coin.value() == 5_000_000_000_000_000_000);
    assert!(treasury.total_supply() == 5_000_000_000_000_000_000);

    treasury.burn(coin.split(1_000_000_000, scenario.ctx()));
    assert!(treasury.total_supply() == 4_999_999_999_000_000_000);

    scenario.return_to_sender(coin);
    test_scenario::return_shared(treasury);
    scenario.end();
}
