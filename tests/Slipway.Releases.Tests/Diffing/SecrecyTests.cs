using Slipway.Releases.Diffing;

namespace Slipway.Releases.Tests.Diffing;

public sealed class SecrecyTests
{
    [Theory]
    [InlineData("migrate --db-password hunter2 --fast", "migrate --db-password *** --fast")]
    [InlineData("migrate --password=hunter2", "migrate --password=***")]
    [InlineData("mysql --password 'two words' shop", "mysql --password *** shop")]
    [InlineData("mysql --password=\"two words\" shop", "mysql --password=*** shop")]
    [InlineData("migrate postgres://shop:hunter2@db/shop", "migrate postgres://shop:***@db/shop")]
    [InlineData("sh -c 'PGPASSWORD=hunter2 psql shop'", "sh -c 'PGPASSWORD=*** psql shop'")]
    [InlineData("sh -c 'API_TOKEN=\"a b\" run'", "sh -c 'API_TOKEN=*** run'")]
    [InlineData("sh -c 'PGPASSWORD=$DB_PASSWORD psql'", "sh -c 'PGPASSWORD=$DB_PASSWORD psql'")]
    [InlineData("python manage.py migrate --noinput KEYS=3x", "python manage.py migrate --noinput KEYS=***")]
    [InlineData("serve --port 5000", "serve --port 5000")]
    public void Masked_Text_HasNoSecrets(string text, string masked) => Secrecy.Masked(text).ShouldBe(masked);

    [Fact]
    public void Masked_Words_StayWords_AndAWordBehindAnOptionIsMaskedWhole() =>
        Secrecy.Masked(["migrate", "--password", "hunter2 and more", "--token=abc", "--key", "--fast", "PGPASSWORD=x", "up"])
            .ShouldBe(["migrate", "--password", "***", "--token=***", "--key", "--fast", "PGPASSWORD=***", "up"]);
}
