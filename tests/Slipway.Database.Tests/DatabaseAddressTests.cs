using Slipway.Model;

namespace Slipway.Database.Tests;

public sealed class DatabaseAddressTests
{
    [Theory]
    [InlineData("postgres://slipway:s3cret@db.example/slipway", "postgres://slipway@db.example:5432/slipway")]
    [InlineData("postgresql://slipway@db.example:6543/ship", "postgres://slipway@db.example:6543/ship")]
    [InlineData("postgres://a%40b:s%3A3%2Fcret@[::1]:5433/x?sslmode=verify-full&application_name=yard", "postgres://a%40b@::1/x")]
    [InlineData("postgres://u:s3cret@one:5432,two:5433/x", "postgres://u@one:5432,two:5433/x")]
    [InlineData("Host=db;Username=u;Password=s3cret;Database=x;SSL Mode=Require", "postgres://u@db:5432/x")]
    public void Parse_Address_IsShownWithoutPassword(string text, string shown) => DatabaseAddress.Parse(text).ToString().ShouldBe(shown);

    [Fact]
    public void Parse_Uri_PartsAreDecoded()
    {
        var builder = DatabaseAddress.Parse("postgres://a%40b:s%3A3%2Fcret@[::1]:5433/x?sslmode=verify-full").Connect(_ => { });
        (builder.Username, builder.Password, builder.Host, builder.Port, builder.Database, builder.SslMode).ShouldBe(("a@b", "s:3/cret", "::1", 5433, "x", Npgsql.SslMode.VerifyFull));
    }

    [Theory]
    [InlineData("postgres://u:s3cret@/x", "names no host")]
    [InlineData("postgres://u:s3cret@host", "names no database")]
    [InlineData("postgres://host/x", "names no user")]
    [InlineData("postgres://u:s3cret@host:port/x", "no URL of a PostgreSQL")]
    [InlineData("postgres://u:s3cret@host/x?sslmode=s3cret", "no URL of a PostgreSQL")]
    [InlineData("postgres://u:s3cret@host/x?colour=s3cret", "a parameter that is not known")]
    [InlineData("Hast=db;Password=s3cret", "a keyword or a value that is not known")]
    [InlineData("s3cret", "a keyword or a value that is not known")]
    public void Parse_NoAddress_SaysWhyAndNoPassword(string text, string why)
    {
        var error = Should.Throw<InvalidInputException>(() => DatabaseAddress.Parse(text));
        error.Message.ShouldStartWith("database: ");
        error.Message.ShouldContain(why);
        error.ToString().ShouldNotContain("s3cret");
    }
}
