import java.util.Arrays;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.Stat;

/**
 * A contender. It takes turns until gazoo and Curator both have had so many, and prints "turn WHO ZXID TOKEN INSIDE" for each
 * (the zxid of the node inside, the token, and how many were inside), "lost WHO" when one was over before it was used, "two WHO
 * NAMES" when others are inside who must not be.
 */
final class Player implements Main.Work {
    private static final String CONTEST = "/contest";

    private final CuratorFramework client;
    private final int number;
    private final String who;
    private final int turns;
    private final Main.Work once;
    private int turn;

    Player(String kind, CuratorFramework client, int number, String who, int turns) {
        this.client = client;
        this.number = number;
        this.who = who;
        this.turns = turns;
        switch (kind) {
            case "lock":
                once = lock();
                break;
            case "readwrite":
                once = readWrite();
                break;
            case "election":
                once = this::lead;
                break;
            default:
                throw new IllegalArgumentException(kind);
        }
    }

    @Override
    public void run() throws Exception {
        while (had("gazoo") < turns || had("curator") < turns) {
            once.run();
        }
    }

    private int had(String client) throws Exception {
        return this.client.checkExists().forPath("/turns/" + client).getVersion();
    }

    private static final class Mutex extends InterProcessMutex {
        Mutex(CuratorFramework client) {
            super(client, CONTEST);
        }

        String node() {
            return getLockPath();
        }
    }

    private Main.Work lock() {
        Mutex mutex = new Mutex(client);
        return () -> {
            mutex.acquire();
            use(mutex.node(), false);
            mutex.release();
        };
    }

    /** Who writes becomes a reader behind every other of his turns. */
    private Main.Work readWrite() {
        InterProcessReadWriteLock lock = new InterProcessReadWriteLock(client, CONTEST);
        return () -> {
            if (number % 2 == 0) {
                lock.readLock().acquire();
            } else {
                lock.writeLock().acquire();
                use(lock.writeLock().getLockPath(), false);
                if (turn % 2 == 0) {
                    lock.writeLock().release();
                    return;
                }
                lock.readLock().acquire();
                lock.writeLock().release();
            }
            use(lock.readLock().getLockPath(), true);
            lock.readLock().release();
        };
    }

    private void lead() throws Exception {
        try (LeaderLatch latch = new LeaderLatch(client, CONTEST, who)) {
            latch.start();
            String node;
            do {
                latch.await();
                node = latch.getLastPathIsLeader();
            } while (!latch.hasLeadership());
            use(node, false);
        }
    }

    private void use(String node, boolean shared) throws Exception {
        String inside = "/inside/" + (shared ? "s-" : "x-") + who + "-" + ++turn;
        boolean held = commit(node, KeeperException.Code.NODEEXISTS,
                Op.create(inside, who.getBytes(), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL),
                Op.setData("/turns/curator", who.getBytes(), -1));
        Stat token = client.checkExists().forPath(node);
        Stat entered = client.checkExists().forPath(inside);
        if (!held || token == null || entered == null) {
            Main.say("lost", who);
            return;
        }
        List<String> names = client.getChildren().forPath("/inside");
        if (names.size() > 1 && names.stream().anyMatch(name -> name.startsWith("x"))) {
            Main.say("two", who, names);
        }
        Main.say("turn", who, entered.getCzxid(), token.getCzxid(), names.size());
        commit(node, KeeperException.Code.NONODE, Op.delete(inside, -1));
    }

    /**
     * Commits, together with a check of the node by which the turn is held, until the outcome is known. False if the turn is
     * over; done is the error of the first operation when that was done before. Curator's own retries take that for a failure.
     */
    private boolean commit(String node, KeeperException.Code done, Op... operations) throws Exception {
        Op[] all = new Op[operations.length + 1];
        all[0] = Op.check(node, -1);
        System.arraycopy(operations, 0, all, 1, operations.length);
        for (;;) {
            try {
                client.getZookeeperClient().getZooKeeper().multi(Arrays.asList(all));
                return true;
            } catch (KeeperException.ConnectionLossException | KeeperException.SessionExpiredException e) {
                Thread.sleep(50);
            } catch (KeeperException e) {
                if (failed(e, 0) == KeeperException.Code.NONODE) {
                    return false;
                }
                if (failed(e, 1) != done) {
                    throw e;
                }
                return true;
            }
        }
    }

    private static KeeperException.Code failed(KeeperException e, int operation) throws KeeperException {
        if (e.getResults() == null) {
            throw e;
        }
        return KeeperException.Code.get(((OpResult.ErrorResult) e.getResults().get(operation)).getErr());
    }
}
