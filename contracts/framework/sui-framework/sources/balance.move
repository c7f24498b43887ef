/// Amounts of a coin that are no objects, and the whole of what exists of it.
module sui::balance;

/// The balance is not zero.
const ENonZero: u64 = 0;
/// More would exist than a u64 can count.
const EOverflow: u64 = 1;
/// Less is there than is wanted.
const ENotEnough: u64 = 2;
/// Only the system, whose address is 0x0, may do this.
const ENotSystemAddress: u64 = 3;
/// This can be done with SUI alone.
const ENotSUI: u64 = 4;

/// How much exists; only its owner can change that.
public struct Supply<phantom T> has store { value: u64 }

public struct Balance<phantom T> has store { value: u64 }

public fun value<T>(self: &Balance<T>): u64 { self.value }

public fun supply_value<T>(supply: &Supply<T>): u64 { supply.value }

/// The witness proves nothing by itself: whoever defines `T` answers for there being one supply.
public fun create_supply<T: drop>(_: T): Supply<T> { Supply { value: 0 } }

public fun increase_supply<T>(self: &mut Supply<T>, value: u64): Balance<T> {
    assert!(value < (std::u64::max_value!() - self.value), EOverflow);
    self.value = self.value + value;
    Balance { value }
}

/// Destroys the balance and returns what it was.
public fun decrease_supply<T>(self: &mut Supply<T>, balance: Balance<T>): u64 {
    let Balance { value } = balance;
    assert!(self.value >= value, EOverflow);
    self.value = self.value - value;
    value
}

public fun zero<T>(): Balance<T> { Balance { value: 0 } }

/// Returns what is there afterwards.
public fun join<T>(self: &mut Balance<T>, balance: Balance<T>): u64 {
    let Balance { value } = balance;
    self.value = self.value + value;
    self.value
}

public fun split<T>(self: &mut Balance<T>, value: u64): Balance<T> {
    assert!(self.value >= value, ENotEnough);
    self.value = self.value - value;
    Balance { value }
}

public fun withdraw_all<T>(self: &mut Balance<T>): Balance<T> {
    let value = self.value;
    self.split(value)
}

public fun destroy_zero<T>(balance: Balance<T>) {
    let Balance { value } = balance;
    assert!(value == 0, ENonZero)
}

const SUI_TYPE_NAME: vector<u8> =
    b"0000000000000000000000000000000000000000000000000000000000000002::sui::SUI";

#[allow(unused_function)]
/// At the end of an epoch.
fun create_staking_rewards<T>(value: u64, ctx: &TxContext): Balance<T> {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    assert!(std::type_name::get<T>().into_string().into_bytes() == SUI_TYPE_NAME, ENotSUI);
    Balance { value }
}

#[allow(unused_function)]
/// At the end of an epoch.
fun destroy_storage_rebates<T>(self: Balance<T>, ctx: &TxContext) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    assert!(std::type_name::get<T>().into_string().into_bytes() == SUI_TYPE_NAME, ENotSUI);
    let Balance { value: _ } = self;
}

/// No more of it will ever exist.
public(package) fun destroy_supply<T>(self: Supply<T>): u64 {
    let Supply { value } = self;
    value
}

#[test_only]
public fun create_for_testing<T>(value: u64): Balance<T> { Balance { value } }

#[test_only]
public fun destroy_for_testing<T>(self: Balance<T>): u64 {
    let Balance { value } = self;
    value
}

#[test_only]
public fun create_supply_for_testing<T>(): Supply<T> { Supply { value: 0 } }

#[test_only]
public fun rewards_for_testing<T>(value: u64, ctx: &TxContext): Balance<T> {
    create_staking_rewards(value, ctx)
}

#[test_only]
public fun rebates_for_testing<T>(self: Balance<T>, ctx: &TxContext) {
    self.destroy_storage_rebates(ctx)
}
