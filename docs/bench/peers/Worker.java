import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.apache.zookeeper.AsyncCallback.DataCallback;
import org.apache.zookeeper.ZooKeeper;

/** The worker process of Java's client: a job per line of input, an outcome (JSON) per line of output. See job.go. */
public class Worker {
    static final String PATH = "/bench/some/node";
    static volatile boolean stop;

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.trim().split("\\s+");
            String outcome;
            try {
                outcome = job(words[0], Integer.parseInt(words[1]), Integer.parseInt(words[2]), words[3]);
            } catch (Exception e) {
                outcome = "{\"error\": \"" + e.toString().replace('"', '\'') + "\"}";
            }
            System.out.println(outcome);
        }
        System.exit(0);
    }

    static String job(String kind, int n, int millis, String addr) throws Exception {
        if (!kind.equals("blocking") && !kind.equals("callbacks")) {
            return "{\"skip\": \"not tried with Java's client\"}";
        }
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper zk = new ZooKeeper(addr, 30000, event -> connected.countDown());
        try {
            connected.await();
            return kind.equals("blocking") ? blocking(zk, n, millis) : callbacks(zk, n, millis);
        } finally {
            zk.close();
        }
    }

    static String blocking(ZooKeeper zk, int n, int millis) throws Exception {
        LongAdder done = new LongAdder();
        stop = false;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            Thread t = new Thread(null, () -> {
                try {
                    while (!stop) {
                        zk.getData(PATH, false, null);
                        done.increment();
                    }
                } catch (Exception e) {
                    throw new RuntimeException(e);
                }
            }, "caller", 128 << 10);
            threads.add(t);
            t.start();
        }
        String outcome = steady(millis, done::sum);
        stop = true;
        for (Thread t : threads) {
            t.join();
        }
        return outcome;
    }

    static String callbacks(ZooKeeper zk, int n, int millis) throws Exception {
        LongAdder done = new LongAdder();
        CountDownLatch over = new CountDownLatch(n);
        stop = false;
        DataCallback next = new DataCallback() {
            public void processResult(int code, String path, Object context, byte[] data, org.apache.zookeeper.data.Stat stat) {
                done.increment();
                if (stop || code != 0) {
                    over.countDown();
                } else {
                    zk.getData(PATH, false, this, null);
                }
            }
        };
        for (int i = 0; i < n; i++) {
            zk.getData(PATH, false, next, null);
        }
        String outcome = steady(millis, done::sum);
        stop = true;
        over.await();
        return outcome;
    }

    static String steady(int millis, LongSupplier done) throws Exception {
        OperatingSystemMXBean os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        Thread.sleep(millis / 4);
        long ops = done.getAsLong(), cpu = os.getProcessCpuTime(), calls = systemCalls(), at = System.nanoTime();
        Thread.sleep(millis);
        long until = System.nanoTime(), callsAfter = systemCalls(), cpuAfter = os.getProcessCpuTime(), opsAfter = done.getAsLong();
        String outcome = "{\"ops\": " + (opsAfter - ops) + ", \"seconds\": " + (until - at) / 1e9 + ", \"cpu\": " + (cpuAfter - cpu);
        return outcome + (calls < 0 ? "}" : ", \"calls\": " + (callsAfter - calls) + "}");
    }

    /** Reads and writes, as Linux counts them; -1 where it does not. */
    static long systemCalls() {
        try {
            long sum = 0;
            for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
                if (line.startsWith("syscr: ") || line.startsWith("syscw: ")) {
                    sum += Long.parseLong(line.substring(7));
                }
            }
            return sum;
        } catch (Exception e) {
            return -1;
        }
    }
}
