package org.eqprop.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Another program that trains the same network, run as a process with one thread. */
final class Peer {
  private static final Pattern SPEED = Pattern.compile("epoch \\d+ ([0-9.]+) img/s");

  private Peer() {}

  /** Returns its images/s: the median of its epochs except the first. */
  static double run(String command, String network, int batch, String mode) {
    List<String> words = new ArrayList<>(Arrays.asList(command.strip().split("\\s+")));
    String[] sizes = network.split("-");
    if (Workload.isConvolution(network)) {
      words.addAll(List.of("--c1", sizes[1], "--c2", sizes[2], "--batch", "" + batch));
      words.addAll(List.of("--mode", "evenodd", "--est", "centered"));
      words.addAll(List.of("--lr", "0.25,0.1,0.03", "--t1", "10", "--t2", "4", "--beta", "0.2"));
      words.addAll(List.of("--threads", "1", "--speed", "--epochs", "4", "--n", "4000"));
      return speed(words);
    }
    String hidden =
        Arrays.stream(sizes, 1, sizes.length - 1).collect(Collectors.joining(","));
    String rates = Arrays.stream(sizes).skip(1).map(n -> "0.01").collect(Collectors.joining(","));
    words.addAll(
        List.of("--hidden", hidden, "--batch", "" + batch, "--lr", rates, "--threads", "1"));
    words.addAll(List.of("--speed", "--epochs", "4", "--n", "10000"));
    words.addAll(
        mode.equals(Workload.SYNC)
            ? List.of("--mode", "sync", "--t1", "20", "--t2", "4", "--est", "random")
            : List.of(
                "--mode", "evenodd", "--t1", "5", "--t2", "4", "--est", "centered", "--beta",
                "0.2"));
    return speed(words);
  }

  private static double speed(List<String> words) {
    Matcher matcher = SPEED.matcher(Processes.output(words));
    List<Double> speeds = new ArrayList<>();
    while (matcher.find()) {
      speeds.add(Double.valueOf(matcher.group(1)));
    }
    if (speeds.size() < 2) {
      throw new IllegalStateException(
          "the peer printed fewer than two lines «epoch N IMAGES img/s»: " + words);
    }
    return Results.median(speeds.subList(1, speeds.size()));
  }

  /** Runs processes. */
  static final class Processes {
    private Processes() {}

    static String output(List<String> command) {
      try {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text =
            new String(
                process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
          throw new IllegalStateException(command + " failed:\n" + text);
        }
        return text;
      } catch (IOException e) {
        throw new IllegalStateException(command + " cannot be run", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }
}
