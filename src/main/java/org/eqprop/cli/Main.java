package org.eqprop.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.eqprop.base.InputException;
import org.eqprop.base.SafeText;
import org.eqprop.base.Suggestions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The command line: {@code VERB [options]}. Exit codes: 0 success, 1 unexpected failure or failed
 * check, 2 bad input, 3 training diverged or collapsed, above 128 interrupted.
 */
@Command(
    name = "eqprop",
    description = "Equilibrium propagation on Apache Spark.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      TrainCommand.class,
      EvaluateCommand.class,
      PredictCommand.class,
      DemoCommand.class,
      GradcheckCommand.class,
      AuditCommand.class,
      GridCommand.class,
      ExportCommand.class,
      ImportCommand.class,
      ReportCommand.class
    })
public final class Main {
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;
  static final int TRAINING_FAILED = 3;
  static final int INTERRUPTED = 130;

  private static final Set<String> TRAINING_VERBS = Set.of("train", "grid");

  private Main() {}

  /**
   * Runs the command line and exits.
   *
   * @param args verb and options
   */
  public static void main(String[] args) {
    System.setOut(
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
    System.setErr(
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
    Interruption.watch();
    int code = run(args);
    Interruption.unwatch();
    System.out.flush();
    if (code != 0 && !Interruption.happened()) { // its hook waits for this thread to end
      System.exit(code);
    }
  }

  /** Runs the command line and returns the exit code. */
  static int run(String... args) {
    CommandLine commands = new CommandLine(new Main());
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setHelpFactory(Usage::new);
    commands.setColorScheme(CommandLine.Help.defaultColorScheme(Terminal.ansi()));
    commands
        .getSubcommands()
        .forEach(
            (verb, command) ->
                command
                    .getCommandSpec()
                    .usageMessage()
                    .abbreviateSynopsis(true)
                    .footer(
                        "",
                        "This script also accepts --master URL and the other options of spark-submit;"
                            + " --conf spark.KEY=VALUE sets a Spark property.",
                        "Exit codes: 0 success; 1 failed, or a requested check did not pass; 2 bad"
                            + " input"
                            + (TRAINING_VERBS.contains(verb)
                                ? "; 3 training diverged or collapsed (lost what it had learned)."
                                : ".")));
    commands.setParameterExceptionHandler((e, arguments) -> complain(misuse(e), BAD_INPUT));
    commands.setExecutionExceptionHandler((e, commandLine, result) -> fail(e));
    if (args.length == 0) {
      commands.usage(System.out);
      return BAD_INPUT;
    }
    try {
      Locales.check(args);
      return commands.execute(args);
    } catch (InputException e) {
      return complain(e.getMessage(), BAD_INPUT);
    } catch (Error e) { // picocli only catches exceptions
      return fail(e);
    }
  }

  private static String misuse(CommandLine.ParameterException e) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandName();
    if (command.getParent() == null
        && e instanceof CommandLine.UnmatchedArgumentException unmatched) {
      String verb = unmatched.getUnmatched().get(0);
      return "unknown verb '"
          + verb
          + "': "
          + Suggestions.of(verb, new TreeSet<>(command.getSubcommands().keySet()));
    }
    String message = String.valueOf(e.getMessage());
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched
        && unmatched.isUnknownOption()) {
      String option = unmatched.getUnmatched().get(0).replaceFirst("=.*", "");
      Set<String> options = new TreeSet<>(command.getCommandSpec().optionsMap().keySet());
      message =
          "unknown option '"
              + option
              + "'"
              + Suggestions.didYouMean(option, options).map(": "::concat).orElse("");
    }
    return name + ": " + message + " (options: " + Usage.SCRIPTS + name + " --help)";
  }

  private static int fail(Throwable e) {
    if (Interruption.happened()) { // a consequence of the shutdown
      return INTERRUPTED;
    }
    Failure failure = Failure.of(e);
    if (failure.code() == FAILED && System.getenv("EQPROP_DEBUG") != null) {
      e.printStackTrace();
    }
    return complain(failure.getMessage(), failure.code());
  }

  private static int complain(@Nullable String message, int code) {
    System.err.println("eqprop: " + SafeText.line(String.valueOf(message)));
    return code;
  }
}
