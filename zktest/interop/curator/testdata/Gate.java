import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;

/**
 * A user of a barrier. It does what it is told by lines of the standard input: "NUMBER set", "NUMBER remove", "NUMBER wait",
 * and prints "set WHO", "removed WHO" or "passed WHO ZXID" then, with a zxid of after it has passed.
 */
final class Gate implements Main.Work {
    private static final List<Gate> all = new ArrayList<>();

    private final CuratorFramework client;
    private final String who;
    private final DistributedBarrier barrier;
    private final BlockingQueue<String> orders = new LinkedBlockingQueue<>();

    Gate(CuratorFramework client, String who) {
        this.client = client;
        this.who = who;
        barrier = new DistributedBarrier(client, "/gate/barrier");
        all.add(this);
    }

    static void obey() throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] words = line.split(" ");
            all.get(Integer.parseInt(words[0])).orders.add(words[1]);
        }
    }

    @Override
    public void run() throws Exception {
        for (;;) {
            switch (orders.take()) {
                case "set":
                    barrier.setBarrier();
                    Main.say("set", who);
                    break;
                case "remove":
                    barrier.removeBarrier();
                    Main.say("removed", who);
                    break;
                default:
                    barrier.waitOnBarrier();
                    Main.say("passed", who, client.setData().forPath("/passed", who.getBytes()).getMzxid());
            }
        }
    }
}
