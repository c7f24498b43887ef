/// A queue whose largest priority comes out first: a binary heap in one vector.
module sui::priority_queue;

/// There is nothing to take.
const EPopFromEmptyHeap: u64 = 0;

public struct PriorityQueue<T: drop> has drop, store { entries: vector<Entry<T>> }

public struct Entry<T: drop> has drop, store { priority: u64, value: T }

public fun new<T: drop>(mut entries: vector<Entry<T>>): PriorityQueue<T> {
    let count = entries.length();
    let mut i = count / 2;
    while (i > 0) {
        i = i - 1;
        max_heapify_recursive(&mut entries, count, i);
    };
    PriorityQueue { entries }
}

public fun pop_max<T: drop>(pq: &mut PriorityQueue<T>): (u64, T) {
    let count = pq.entries.length();
    assert!(count > 0, EPopFromEmptyHeap);
    let Entry { priority, value } = pq.entries.swap_remove(0);
    max_heapify_recursive(&mut pq.entries, count - 1, 0);
    (priority, value)
}

public fun insert<T: drop>(pq: &mut PriorityQueue<T>, priority: u64, value: T) {
    pq.entries.push_back(Entry { priority, value });
    let last = pq.entries.length() - 1;
    restore_heap_recursive(&mut pq.entries, last)
}

public fun new_entry<T: drop>(priority: u64, value: T): Entry<T> { Entry { priority, value } }

public fun create_entries<T: drop>(p: vector<u64>, v: vector<T>): vector<Entry<T>> {
    p.zip_map!(v, |priority, value| Entry { priority, value })
}

/// Lets entry `i` rise to its place.
fun restore_heap_recursive<T: drop>(v: &mut vector<Entry<T>>, i: u64) {
    if (i == 0) return;
    let parent = (i - 1) / 2;
    if (v[i].priority > v[parent].priority) {
        v.swap(i, parent);
        restore_heap_recursive(v, parent)
    }
}

/// Lets entry `i` sink to its place among the first `len`.
fun max_heapify_recursive<T: drop>(v: &mut vector<Entry<T>>, len: u64, i: u64) {
    let left = i * 2 + 1;
    let right = left + 1;
    let mut largest = i;
    if (left < len && v[left].priority > v[largest].priority) largest = left;
    if (right < len && v[right].priority > v[largest].priority) largest = right;
    if (largest != i) {
        v.swap(largest, i);
        max_heapify_recursive(v, len, largest)
    }
}

/// In the order of the heap.
public fun priorities<T: drop>(pq: &PriorityQueue<T>): vector<u64> {
    pq.entries.map_ref!(|entry| entry.priority)
}
