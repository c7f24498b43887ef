/// A right to store: so many encoded bytes over a half-open range of epochs.
module walrus::storage_resource;

const EInvalidEpoch: u64 = 0;
const EIncompatibleEpochs: u64 = 1;
const EIncompatibleAmount: u64 = 2;
const EInvalidEpochRange: u64 = 3;

public struct Storage has key, store {
    id: UID,
    start_epoch: u32,
    /// The first epoch that is not paid for.
    end_epoch: u32,
    /// Encoded bytes.
    storage_size: u64,
}

public fun start_epoch(self: &Storage): u32 {
    self.start_epoch
}

public fun end_epoch(self: &Storage): u32 {
    self.end_epoch
}

public fun size(self: &Storage): u64 {
    self.storage_size
}

public(package) fun create_storage(
    start_epoch: u32,
    end_epoch: u32,
    storage_size: u64,
    ctx: &mut TxContext,
): Storage {
    assert!(start_epoch < end_epoch, EInvalidEpochRange);
    Storage { id: object::new(ctx), start_epoch, end_epoch, storage_size }
}

public(package) fun extend_end_epoch(self: &mut Storage, extension_epochs: u32) {
    self.end_epoch = self.end_epoch + extension_epochs;
}

public(package) fun increase_size(self: &mut Storage, amount: u64) {
    self.storage_size = self.storage_size + amount;
}

/// Keeps the epochs before `split_epoch` and returns those from it on.
public fun split_by_epoch(self: &mut Storage, split_epoch: u32, ctx: &mut TxContext): Storage {
    assert!(split_epoch > self.start_epoch && split_epoch < self.end_epoch, EInvalidEpoch);
    let rest = create_storage(split_epoch, self.end_epoch, self.storage_size, ctx);
    self.end_epoch = split_epoch;
    rest
}

/// Keeps `split_size` bytes and returns the others.
public fun split_by_size(self: &mut Storage, split_size: u64, ctx: &mut TxContext): Storage {
    assert!(split_size > 0 && split_size < self.storage_size, EIncompatibleAmount);
    let rest = create_storage(
        self.start_epoch,
        self.end_epoch,
        self.storage_size - split_size,
        ctx,
    );
    self.storage_size = split_size;
    rest
}

/// Joins two adjacent ranges of the same size.
public fun fuse_periods(first: &mut Storage, second: Storage) {
    let Storage { id, start_epoch, end_epoch, storage_size } = second;
    id.delete();
    assert!(first.storage_size == storage_size, EIncompatibleAmount);
    if (first.end_epoch == start_epoch) {
        first.end_epoch = end_epoch;
    } else {
        assert!(first.start_epoch == end_epoch, EIncompatibleEpochs);
        first.start_epoch = start_epoch;
    }
}

/// Joins two sizes over the same range.
public fun fuse_amount(first: &mut Storage, second: Storage) {
    let Storage { id, start_epoch, end_epoch, storage_size } = second;
    id.delete();
    assert!(first.start_epoch == start_epoch && first.end_epoch == end_epoch, EIncompatibleEpochs);
    first.storage_size = first.storage_size + storage_size;
}

/// Joins whichever way fits.
public fun fuse(first: &mut Storage, second: Storage) {
    if (first.start_epoch == second.start_epoch) {
        first.fuse_amount(second);
    } else {
        first.fuse_periods(second);
    }
}

public fun destroy(storage: Storage) {
    let Storage { id, .. } = storage;
    id.delete();
}

#[test_only]
public fun create_for_testing(
    start_epoch: u32,
    end_epoch: u32,
    storage_size: u64,
    ctx: &mut TxContext,
): Storage {
    create_storage(start_epoch, end_epoch, storage_size, ctx)
}
