package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code --help} shows. */
class UsageTest {
  @RegisterExtension final Captured console = new Captured();

  private String help(String verb) {
    console.forgetOut();
    assertThat(Main.run(verb, "--help")).isZero();
    return console.out();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train | Options, Configuration, Tables as data, Run folder, Report and tracking, Help",
        "evaluate | Options, Configuration, Help",
        "report | Options, Help"
      })
  void groupsTheOptions(String verb, String headings) {
    String help = help(verb);
    assertThat(help.lines().filter(line -> line.matches("\\w[\\w ]*:")))
        .containsExactly(headings.replaceAll("(, |$)", ":$1").split(", "));
    assertThat(help.indexOf("  --label=")).isBetween(help.indexOf("Tables"), help.indexOf("Run f"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train | submit/train [OPTIONS]",
        "grid | submit/grid [OPTIONS] [FILE]",
        "predict | submit/predict --model=MODEL [OPTIONS]",
        "export | submit/export --model=MODEL --format=FORMAT --out=FILE [OPTIONS]"
      })
  void namesTheScriptAndWhatItRequires(String verb, String usage) {
    assertThat(help(verb)).startsWith("Usage: " + usage + "\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train",
        "evaluate",
        "predict",
        "demo",
        "gradcheck",
        "audit",
        "grid",
        "export",
        "import",
        "report"
      })
  void breaksNoKeyOrOptionBetweenTwoLines(String verb) {
    assertThat(help(verb)).doesNotContainPattern("[a-z][.=-]\n {10,}[A-Za-z]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"evaluate", "predict"})
  void offersNoConfigurationBesideThatOfTheModel(String verb) {
    assertThat(help(verb)).contains("--set=").doesNotContain("--preset", "--conf=");
  }
}
