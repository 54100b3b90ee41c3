import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicInteger;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.VersionedValue;
import org.apache.curator.retry.RetryForever;

/**
 * A user of a counter: a SharedCount, or, every other, a DistributedAtomicInteger. It adds the same again and again, until its
 * kind and the other kind, which adds 1, both have added so often. It prints "added WHO PRE POST" each time.
 */
final class Adder implements Main.Work {
    private static final String COUNTER = "/counter";

    private final CuratorFramework client;
    private final int number;
    private final String who;
    private final int delta;
    private final int quota;

    Adder(CuratorFramework client, int number, String who, int delta, int quota) {
        this.client = client;
        this.number = number;
        this.who = who;
        this.delta = delta;
        this.quota = quota;
    }

    @Override
    public void run() throws Exception {
        if (number % 2 == 0) {
            share();
            return;
        }
        DistributedAtomicInteger n = new DistributedAtomicInteger(client, COUNTER, new RetryForever(5));
        AtomicValue<Integer> added;
        do {
            added = n.add(delta);
        } while (!added.succeeded() || added(added.preValue(), added.postValue()));
    }

    private void share() throws Exception {
        try (SharedCount n = new SharedCount(client, COUNTER, 0)) {
            n.start();
            VersionedValue<Integer> old;
            do {
                old = n.getVersionedValue();
            } while (!n.trySetCount(old, old.getValue() + delta) || added(old.getValue(), old.getValue() + delta));
        }
    }

    /** Tells of an addition, and whether there is to be another. */
    private boolean added(int pre, int post) {
        Main.say("added", who, pre, post);
        return post / delta < quota || post % delta < quota;
    }
}
