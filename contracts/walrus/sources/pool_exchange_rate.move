/// What a share of a staking pool is worth. Layout only: pools of the embedded devnet have no shares.
module walrus::pool_exchange_rate;

public enum PoolExchangeRate has copy, drop, store {
    Flat,
    Variable { wal_amount: u128, share_amount: u128 },
}

public(package) fun flat(): PoolExchangeRate {
    PoolExchangeRate::Flat
}
