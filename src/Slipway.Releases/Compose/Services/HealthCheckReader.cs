using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>healthcheck</c>: a text is CMD-SHELL; a list begins with NONE, CMD or CMD-SHELL.</summary>
static class HealthCheckReader
{
    public static HealthCheckModel? Read(Field check)
    {
        if (check.IsMissing) return null;
        if (check.Node is not Mapping)
        {
            check.Error($"{check.Node!.Kind} is no health check", "a mapping with test");
            return null;
        }
        return new HealthCheckModel
        {
            Test = check["disable"].Bool() == true ? ["NONE"] : Test(check["test"]),
            Interval = check["interval"].Duration(),
            Timeout = check["timeout"].Duration(),
            StartPeriod = check["start_period"].Duration(),
            StartInterval = check["start_interval"].Duration(),
            Retries = check["retries"].Int(1, int.MaxValue),
        };
    }

    static IReadOnlyList<string> Test(Field test)
    {
        if (test.IsMissing) return [];
        if (test.Node is Scalar scalar) return scalar.Text.Length == 0 ? [] : ["CMD-SHELL", scalar.Text];
        var words = test.TextList();
        if (words is ["NONE"] or ["CMD", _, ..] or ["CMD-SHELL", _]) return words;
        test.Error(words.Count == 0 ? "the test is empty" : $"a test that begins with '{words[0]}'" + (words[0] is "CMD" or "CMD-SHELL" or "NONE" ? " has the wrong number of words" : ""),
            "[NONE], [CMD, program, words ...] or [CMD-SHELL, line]; or one text", words is [var first, ..] ? first : null);
        return [];
    }
}
