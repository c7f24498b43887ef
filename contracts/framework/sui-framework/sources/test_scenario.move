/// Several transactions in one test. The runner keeps the objects; what is taken must be given back,
/// transferred or destroyed before the next transaction.
#[test_only]
module sui::test_scenario;

use sui::vec_map::VecMap;

// The natives abort with 0, 1 and 4 to 7.
#[allow(unused_const)]
const ECouldNotGenerateEffects: u64 = 0;
#[allow(unused_const)]
const EInvalidSharedOrImmutableUsage: u64 = 1;
/// It was not taken from there.
const ECantReturnObject: u64 = 2;
/// There is no such object.
const EEmptyInventory: u64 = 3;
#[allow(unused_const)]
const EObjectNotFound: u64 = 4;
#[allow(unused_const)]
const EUnableToAllocateReceivingTicket: u64 = 5;
#[allow(unused_const)]
const EReceivingTicketAlreadyAllocated: u64 = 6;
#[allow(unused_const)]
const EUnableToDeallocateReceivingTicket: u64 = 7;

/// The natives that take an object want a reference to some struct in front.
public struct Scenario { txn_number: u64, ctx: TxContext }

/// Built by a native, by position.
public struct TransactionEffects has drop {
    created: vector<ID>,
    written: vector<ID>,
    deleted: vector<ID>,
    transferred_to_account: VecMap<ID, address>,
    transferred_to_object: VecMap<ID, ID>,
    shared: vector<ID>,
    frozen: vector<ID>,
    num_user_events: u64,
}

// === Transactions ===

/// `sender` signs the first transaction.
public fun begin(sender: address): Scenario {
    Scenario { txn_number: 0, ctx: tx_context::new_from_hint(sender, 0, 0, 0, 0) }
}

public fun next_tx(scenario: &mut Scenario, sender: address): TransactionEffects {
    let (epoch, now) = (scenario.ctx.epoch(), scenario.ctx.epoch_timestamp_ms());
    advance(scenario, sender, epoch, now)
}

public fun next_epoch(scenario: &mut Scenario, sender: address): TransactionEffects {
    later_epoch(scenario, 0, sender)
}

public fun later_epoch(
    scenario: &mut Scenario,
    delta_ms: u64,
    sender: address,
): TransactionEffects {
    let (epoch, now) = (scenario.ctx.epoch(), scenario.ctx.epoch_timestamp_ms());
    advance(scenario, sender, epoch + 1, now + delta_ms)
}

/// A new digest makes new ids; then the transaction before is settled.
fun advance(scenario: &mut Scenario, sender: address, epoch: u64, now: u64): TransactionEffects {
    scenario.txn_number = scenario.txn_number + 1;
    scenario.ctx = tx_context::new_from_hint(sender, scenario.txn_number, epoch, now, 0);
    end_transaction()
}

public fun end(scenario: Scenario): TransactionEffects {
    let Scenario { txn_number: _, ctx: _ } = scenario;
    end_transaction()
}

public fun ctx(scenario: &mut Scenario): &mut TxContext { &mut scenario.ctx }

public fun sender(scenario: &Scenario): address { scenario.ctx.sender() }

public fun new_object(scenario: &mut Scenario): UID { object::new(&mut scenario.ctx) }

// === Effects ===

public fun created(effects: &TransactionEffects): vector<ID> { effects.created }

public fun written(effects: &TransactionEffects): vector<ID> { effects.written }

public fun deleted(effects: &TransactionEffects): vector<ID> { effects.deleted }

public fun transferred_to_account(effects: &TransactionEffects): VecMap<ID, address> {
    effects.transferred_to_account
}

public fun transferred_to_object(effects: &TransactionEffects): VecMap<ID, ID> {
    effects.transferred_to_object
}

public fun shared(effects: &TransactionEffects): vector<ID> { effects.shared }

public fun frozen(effects: &TransactionEffects): vector<ID> { effects.frozen }

public fun num_user_events(effects: &TransactionEffects): u64 { effects.num_user_events }

// === Owned objects ===

public fun take_from_address<T: key>(scenario: &Scenario, account: address): T {
    take_from_address_by_id(scenario, account, newest(most_recent_id_for_address<T>(account)))
}

public native fun take_from_address_by_id<T: key>(scenario: &Scenario, account: address, id: ID): T;

public fun take_from_sender<T: key>(scenario: &Scenario): T {
    take_from_address(scenario, scenario.sender())
}

public fun take_from_sender_by_id<T: key>(scenario: &Scenario, id: ID): T {
    take_from_address_by_id(scenario, scenario.sender(), id)
}

public fun return_to_address<T: key>(account: address, t: T) {
    assert!(was_taken_from_address(account, object::id(&t)), ECantReturnObject);
    transfer::transfer_impl(t, account)
}

public fun return_to_sender<T: key>(scenario: &Scenario, t: T) {
    return_to_address(scenario.sender(), t)
}

public fun has_most_recent_for_address<T: key>(account: address): bool {
    most_recent_id_for_address<T>(account).is_some()
}

public fun has_most_recent_for_sender<T: key>(scenario: &Scenario): bool {
    has_most_recent_for_address<T>(scenario.sender())
}

public fun ids_for_sender<T: key>(scenario: &Scenario): vector<ID> {
    ids_for_address<T>(scenario.sender())
}

public fun most_recent_id_for_sender<T: key>(scenario: &Scenario): Option<ID> {
    most_recent_id_for_address<T>(scenario.sender())
}

public native fun ids_for_address<T: key>(account: address): vector<ID>;

public native fun most_recent_id_for_address<T: key>(account: address): Option<ID>;

native fun was_taken_from_address(account: address, id: ID): bool;

// === Immutable objects ===

public fun take_immutable<T: key>(scenario: &Scenario): T {
    take_immutable_by_id(scenario, newest(most_recent_immutable_id<T>()))
}

public native fun take_immutable_by_id<T: key>(scenario: &Scenario, id: ID): T;

public fun return_immutable<T: key>(t: T) {
    assert!(was_taken_immutable(object::id(&t)), ECantReturnObject);
    transfer::freeze_object_impl(t)
}

public fun has_most_recent_immutable<T: key>(): bool { most_recent_immutable_id<T>().is_some() }

public native fun most_recent_immutable_id<T: key>(): Option<ID>;

native fun was_taken_immutable(id: ID): bool;

// === Shared objects ===

public fun take_shared<T: key>(scenario: &Scenario): T {
    take_shared_by_id(scenario, newest(most_recent_id_shared<T>()))
}

public native fun take_shared_by_id<T: key>(scenario: &Scenario, id: ID): T;

public fun return_shared<T: key>(t: T) {
    assert!(was_taken_shared(object::id(&t)), ECantReturnObject);
    transfer::share_object_impl(t)
}

public fun has_most_recent_shared<T: key>(): bool { most_recent_id_shared<T>().is_some() }

public native fun most_recent_id_shared<T: key>(): Option<ID>;

native fun was_taken_shared(id: ID): bool;

// === Objects sent to objects ===

/// A ticket to receive the newest object of this type that was sent to `account`.
public fun most_recent_receiving_ticket<T: key>(account: &ID): sui::transfer::Receiving<T> {
    receiving_ticket_by_id(newest(most_recent_id_for_address<T>(account.to_address())))
}

public fun receiving_ticket_by_id<T: key>(id: ID): sui::transfer::Receiving<T> {
    transfer::make_receiver(id, allocate_receiving_ticket_for_object<T>(id))
}

public fun return_receiving_ticket<T: key>(ticket: sui::transfer::Receiving<T>) {
    deallocate_receiving_ticket_for_object(transfer::receiving_object_id(&ticket))
}

native fun allocate_receiving_ticket_for_object<T: key>(id: ID): u64;

native fun deallocate_receiving_ticket_for_object(id: ID);

fun newest(found: Option<ID>): ID {
    assert!(found.is_some(), EEmptyInventory);
    found.destroy_some()
}

native fun end_transaction(): TransactionEffects;
