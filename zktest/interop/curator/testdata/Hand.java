import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;

/**
 * Does what it is told by lines of the standard input, "NUMBER ORDER PATH...", and says so when it is done:
 *
 * <pre>
 * set, remove        "set WHO", "removed WHO", of the barrier
 * wait PATH REPORT   "passed WHO ZXID", with the zxid of a change of REPORT after the barrier on PATH was passed
 * lock, read, write, lead   "acquired WHO"
 * downgrade          "acquired WHO", who wrote and now reads
 * release            "released WHO", of what was acquired last
 * leader             "leader ID", of a LeaderLatch
 * </pre>
 */
final class Hand implements Main.Work {
    private static final List<Hand> all = new ArrayList<>();

    private final CuratorFramework client;
    private final String who;
    private final BlockingQueue<String[]> orders = new LinkedBlockingQueue<>();
    private final Map<String, InterProcessReadWriteLock> locks = new HashMap<>();
    private final Deque<Main.Work> releases = new ArrayDeque<>();

    Hand(CuratorFramework client, String who) {
        this.client = client;
        this.who = who;
        all.add(this);
    }

    static void obey() throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] words = line.split(" ");
            all.get(Integer.parseInt(words[0])).orders.add(words);
        }
    }

    @Override
    public void run() throws Exception {
        for (;;) {
            String[] words = orders.take();
            carryOut(words[1], words[2], words);
        }
    }

    private void carryOut(String order, String path, String[] words) throws Exception {
        switch (order) {
            case "set":
                new DistributedBarrier(client, path).setBarrier();
                Main.say("set", who);
                return;
            case "remove":
                new DistributedBarrier(client, path).removeBarrier();
                Main.say("removed", who);
                return;
            case "wait":
                new DistributedBarrier(client, path).waitOnBarrier();
                Main.say("passed", who, client.setData().forPath(words[3], who.getBytes()).getMzxid());
                return;
            case "release":
                releases.pop().run();
                Main.say("released", who);
                return;
            case "leader":
                Main.say("leader", new LeaderLatch(client, path).getLeader().getId());
                return;
            case "lead":
                LeaderLatch latch = new LeaderLatch(client, path, who);
                latch.start();
                latch.await();
                releases.push(latch::close);
                break;
            case "lock":
                acquire(new InterProcessMutex(client, path));
                break;
            default:
                InterProcessReadWriteLock lock =
                        locks.computeIfAbsent(path, p -> new InterProcessReadWriteLock(client, p));
                acquire(order.equals("write") ? lock.writeLock() : lock.readLock());
                if (order.equals("downgrade")) {
                    releases.removeLast().run();
                }
        }
        Main.say("acquired", who);
    }

    private void acquire(InterProcessMutex mutex) throws Exception {
        mutex.acquire();
        releases.push(mutex::release);
    }
}
