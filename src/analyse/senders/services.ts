/**
 * Well-known services, one a line, by title: title | kind | domains that sign (DKIM d=) | domains that SPF passes for | suffixes
 * of PTR names. Organisational domains, `-` for none; only what the service itself makes public.
 */
export const services = `
33Mail | forwarder | 33mail.com | - | -
Acoustic Campaign | marketing | - | silverpop.com | -
ActiveCampaign | marketing | acems1.com acems2.com activehosted.com emsd1.com | acems1.com acems2.com activehosted.com emsd1.com | -
addy.io | forwarder | addy.io anonaddy.com anonaddy.me | - | -
Adobe Acrobat Sign | collaboration | adobesign.com echosign.com | - | -
Adobe Campaign | marketing | - | neolane.net | -
ADP | hr | adp.com | - | -
Airtable | collaboration | airtable.com | - | -
Alibaba Cloud DirectMail | esp | - | aliyun.com | -
Amazon SES | esp | amazonses.com | amazonses.com | amazonses.com
AOL Mail | mailbox_provider | aol.com | aol.com | aol.com
Apache mailing lists | mailing_list | apache.org | apache.org | apache.org
Apple iCloud Mail | mailbox_provider | icloud.com me.com | icloud.com me.com | icloud.com me.com
Aruba | hosting | aruba.it | aruba.it | aruba.it
Asana | collaboration | asana.com | - | -
Atlassian | developer | atlassian.com atlassian.net | atlassian.com atlassian.net | -
Auth0 | developer | auth0.com | - | -
AWeber | marketing | aweber.com | aweber.com | aweber.com
BambooHR | hr | bamboohr.com | - | -
Barracuda Email Gateway | security_gateway | - | barracudanetworks.com | barracudanetworks.com
Basecamp | collaboration | basecamp.com | - | -
Benchmark Email | marketing | bmsend.com | bmsend.com | bmsend.com
BigCommerce | commerce | bigcommerce.com | - | -
BILL | payment | bill.com | - | -
Blackbaud | crm | blackbaud.com | - | -
Blackboard | collaboration | blackboard.com | - | -
Bluehost | hosting | bluehost.com | bluehost.com | bluehost.com unifiedlayer.com
Box | collaboration | box.com | - | -
Brevo | esp | brevo.com sendinblue.com | sendinblue.com | sendinblue.com
Calendly | collaboration | calendly.com | - | -
Campaign Monitor | marketing | cmail1.com cmail19.com cmail20.com createsend.com | cmail1.com cmail19.com cmail20.com createsend.com | cmail1.com cmail19.com cmail20.com createsend.com
Chargebee | payment | chargebee.com | - | -
Cisco Secure Email | security_gateway | - | iphmx.com | iphmx.com
Cisco Webex | collaboration | webex.com | webex.com | -
Cloudflare Email Routing | forwarder | cloudflare-email.net | - | cloudflare-email.net
Comcast | mailbox_provider | comcast.net | comcast.net | comcast.net
Constant Contact | marketing | ccsend.com constantcontact.com | constantcontact.com | constantcontact.com
Customer.io | marketing | customeriomail.com | customeriomail.com | -
Cvent | marketing | cvent-planner.com cvent.com | - | -
Datadog | monitoring | datadoghq.com | - | -
Debian mailing lists | mailing_list | - | debian.org | debian.org
Discourse | mailing_list | discoursemail.com | discoursemail.com | -
DocuSign | collaboration | docusign.com docusign.net | docusign.net | -
Dotdigital | marketing | dotmailer.com | dotmailer.com | -
DreamHost | hosting | dreamhost.com | dreamhost.com | dreamhost.com
Dropbox | collaboration | dropbox.com dropboxmail.com | - | -
DuckDuckGo Email Protection | forwarder | duck.com | - | -
Elastic Email | esp | elasticemail.com | elasticemail.com elasticemail.net | -
Emarsys | marketing | emarsys.net | emarsys.net | emarsys.net
Epsilon | marketing | epsilon.com | - | -
Eventbrite | marketing | eventbrite.com | - | -
Facebook | social | facebookmail.com | facebookmail.com | facebook.com
Fastmail | mailbox_provider | fastmail.com messagingengine.com | fastmail.com messagingengine.com | messagingengine.com
Firefox Relay | forwarder | mozmail.com | mozmail.com | -
Forcepoint Email Security | security_gateway | - | mailcontrol.com | mailcontrol.com
Forward Email | forwarder | forwardemail.net | forwardemail.net | forwardemail.net
Free | mailbox_provider | free.fr | free.fr | free.fr
FreeLists | mailing_list | freelists.org | freelists.org | freelists.org
FreshBooks | payment | freshbooks.com | - | -
Freshworks | helpdesk | freshdesk.com freshemail.io freshworks.com | freshdesk.com freshemail.io | -
Front | helpdesk | frontapp.com | - | -
Gandi | hosting | gandi.net | gandi.net | gandi.net
GetResponse | marketing | getresponse-mail.com getresponse.com | getresponse-mail.com | getresponse.com
GitHub | developer | github.com | github.com | github.com
GitLab | developer | gitlab.com | gitlab.com | -
GMX | mailbox_provider | gmx.com gmx.de gmx.net | gmx.com gmx.de gmx.net | gmx.net
GNU mailing lists | mailing_list | gnu.org | gnu.org | gnu.org
GoCardless | payment | gocardless.com | - | -
GoDaddy | hosting | secureserver.net | secureserver.net | secureserver.net
Google Groups | mailing_list | googlegroups.com | googlegroups.com | -
Google Workspace and Gmail | mailbox_provider | gappssmtp.com gmail.com google.com googlemail.com | gmail.com google.com googlemail.com | google.com
Gorgias | helpdesk | gorgias.com | - | -
Greenhouse | hr | greenhouse-mail.io greenhouse.io | - | -
Groups.io | mailing_list | groups.io | groups.io | groups.io
Gusto | hr | gusto.com | - | -
Happyfox | helpdesk | happyfox.com | - | -
Help Scout | helpdesk | helpscout.net helpscoutemail.com | helpscout.net helpscoutemail.com | -
Heroku | developer | heroku.com | - | -
Hetzner | hosting | your-server.de | your-server.de | your-server.de
Hornetsecurity | security_gateway | hornetsecurity.com | antispameurope.com hornetsecurity.com | antispameurope.com hornetsecurity.com
HostGator | hosting | hostgator.com | - | hostgator.com websitewelcome.com
Hostinger | hosting | hostinger.com | hostinger.com | hostinger.com
HubSpot | crm | hubspot.com hubspotemail.net | hubspot.com hubspotemail.net | hubspot.com
iCIMS | hr | icims.com | icims.com | -
iContact | marketing | icontact.com icontactmail.com | - | -
IETF mailing lists | mailing_list | ietf.org | ietf.org | ietf.org
ImprovMX | forwarder | improvmx.com | improvmx.com | improvmx.com
Infomaniak | mailbox_provider | infomaniak.ch infomaniak.com | infomaniak.ch infomaniak.com | infomaniak.ch
Instagram | social | instagram.com | instagram.com | -
Instructure Canvas | collaboration | instructure.com | instructure.com | -
Intercom | helpdesk | intercom-mail.com intercom.io | intercom-mail.com | -
Intuit QuickBooks | payment | intuit.com | intuit.com | -
IONOS | hosting | ionos.com kundenserver.de perfora.net | kundenserver.de perfora.net | kundenserver.de perfora.net
Iterable | marketing | iterable.com | - | -
Jobvite | hr | jobvite.com | jobvite.com | -
Jotform | survey | jotform.com | - | -
Kayako | helpdesk | kayako.com | - | -
Keap | crm | infusionmail.com infusionsoft.com keap.com | infusionmail.com | infusionmail.com
Kit | marketing | convertkit-mail.com convertkit-mail2.com convertkit.com | convertkit-mail.com convertkit-mail2.com | -
Klaviyo | marketing | klaviyo.com klaviyomail.com | klaviyomail.com | klaviyomail.com
KnowBe4 | security_gateway | knowbe4.com | knowbe4.com | -
La Poste | mailbox_provider | laposte.net | laposte.net | laposte.net
Lever | hr | lever.co | - | -
Libero | mailbox_provider | libero.it | libero.it | libero.it
LinkedIn | social | linkedin.com | linkedin.com | linkedin.com
Linux kernel mailing lists | mailing_list | - | - | kernel.org
Listrak | marketing | listrak.com | listrak.com | listrak.com
Locaweb | hosting | locaweb.com.br | locaweb.com.br | locaweb.com.br
Loopia | hosting | loopia.se | loopia.se | loopia.se
Mail.ru | mailbox_provider | mail.ru | mail.ru | mail.ru
mailbox.org | mailbox_provider | mailbox.org | mailbox.org | mailbox.org
MailChannels | security_gateway | mailchannels.net | mailchannels.net | mailchannels.net
Mailchimp | marketing | mailchimp.com mailchimpapp.net mcdlv.net mcsv.net rsgsv.net | mailchimpapp.net mcdlv.net mcsv.net rsgsv.net | mcdlv.net mcsv.net rsgsv.net
Mailchimp Transactional (Mandrill) | esp | mandrillapp.com | mandrillapp.com | mandrillapp.com
MailerLite | marketing | mailerlite.com mlsend.com | mlsend.com | mlsend.com
MailerSend | esp | mailersend.com mailersend.net | mailersend.net | -
Mailgun | esp | mailgun.com mailgun.net mailgun.org | mailgun.net mailgun.org | mailgun.net
Mailjet | esp | mailjet.com | mailjet.com | mailjet.com
MailRoute | security_gateway | - | mailroute.net | mailroute.net
Mailtrap | esp | mailtrap.io mailtrap.live | mailtrap.live | -
MailUp | marketing | mailup.com | - | -
Medallia | survey | medallia.com | medallia.com | -
Medium | social | medium.com | - | -
Microsoft 365 and Outlook | mailbox_provider | hotmail.com microsoft.com onmicrosoft.com outlook.com | hotmail.com microsoft.com onmicrosoft.com outlook.com | microsoft.com outlook.com
Migadu | mailbox_provider | migadu.com | migadu.com | migadu.com
Mimecast | security_gateway | mimecast.com | mimecast.com | mimecast.com
monday.com | collaboration | monday.com | - | -
Moosend | marketing | moosend.com | - | -
Namecheap Private Email | mailbox_provider | privateemail.com | privateemail.com | privateemail.com
Naver Mail | mailbox_provider | naver.com | naver.com | naver.com
NetEase Mail | mailbox_provider | 126.com 163.com | 126.com 163.com | 126.com 163.com
New Relic | monitoring | newrelic.com | - | -
Notion | collaboration | makenotion.com notion.so | - | -
OpenSRS Hosted Email | mailbox_provider | hostedemail.com | hostedemail.com | hostedemail.com
Opsgenie | monitoring | opsgenie.net | - | -
Oracle Eloqua | marketing | eloqua.com en25.com | eloqua.com en25.com | eloqua.com en25.com
Oracle NetSuite | crm | netsuite.com | netsuite.com | netsuite.com
Oracle OCI Email Delivery | esp | oracleemaildelivery.com | oracleemaildelivery.com | oracleemaildelivery.com
Oracle Responsys | marketing | responsys.net | responsys.net | responsys.net
Oracle Taleo | hr | taleo.net | taleo.net | taleo.net
Orange | mailbox_provider | orange.fr wanadoo.fr | orange.fr wanadoo.fr | orange.fr wanadoo.fr
OVHcloud | hosting | ovh.com ovh.net | ovh.com ovh.net | ovh.net
PagerDuty | monitoring | pagerduty.com | - | -
Pardot (Salesforce Account Engagement) | marketing | pardot.com | pardot.com | pardot.com
PayPal | payment | paypal.com | paypal.com | paypal.com
Personio | hr | personio.com personio.de | - | -
Pinterest | social | pinterest.com | - | -
Pipedrive | crm | pipedrive.com | - | -
Pobox | forwarder | pobox.com | pobox.com | pobox.com
Posteo | mailbox_provider | posteo.de | posteo.de | posteo.de
Postmark | esp | mtasv.net postmarkapp.com | mtasv.net | mtasv.net
Proofpoint | security_gateway | pphosted.com | pphosted.com | pphosted.com
Proofpoint Essentials | security_gateway | ppe-hosted.com | ppe-hosted.com | ppe-hosted.com
Proton Mail | mailbox_provider | proton.me protonmail.ch protonmail.com | proton.me protonmail.ch protonmail.com | protonmail.ch
Python mailing lists | mailing_list | python.org | python.org | python.org
Qualtrics | survey | qualtrics-survey.com qualtrics.com | qualtrics-survey.com qualtrics.com | -
Rackspace Email | mailbox_provider | emailsrvr.com | emailsrvr.com | emailsrvr.com
Recurly | payment | recurly.com | - | -
Reddit | social | reddit.com redditmail.com | - | -
Retarus | security_gateway | retarus.com | retarus.com | retarus.com
Runbox | mailbox_provider | runbox.com | runbox.com | runbox.com
Sailthru | marketing | sailthru.com | sailthru.com | sailthru.com
Salesforce | crm | salesforce.com | salesforce.com | salesforce.com
Salesforce Marketing Cloud | marketing | exacttarget.com | exacttarget.com | exacttarget.com
SAP SuccessFactors | hr | successfactors.com successfactors.eu | - | -
SendGrid (Twilio) | esp | sendgrid.com sendgrid.info sendgrid.me sendgrid.net | sendgrid.net | sendgrid.net
SendPulse | marketing | sendpulse.com | - | -
ServiceNow | helpdesk | service-now.com servicenow.com | service-now.com | service-now.com
Seznam | mailbox_provider | seznam.cz | seznam.cz | seznam.cz
Shopify | commerce | shopify.com shopifyemail.com | shopifyemail.com | -
SimpleLogin | forwarder | simplelogin.co simplelogin.io | simplelogin.co simplelogin.io | -
SiteGround | hosting | siteground.com | - | siteground.com
Slack | collaboration | slack.com | slack.com | -
SmartRecruiters | hr | smartrecruiters.com | - | -
SMTP2GO | esp | smtp2go.com smtpcorp.com smtpservice.net | smtp2go.com smtpcorp.com smtpservice.net | smtp2go.com smtpcorp.com
SocketLabs | esp | email-od.com socketlabs.com | email-od.com | email-od.com
SourceForge mailing lists | mailing_list | sourceforge.net | sourceforge.net | sourceforge.net
SpamExperts | security_gateway | antispamcloud.com | antispamcloud.com | antispamcloud.com
SparkPost | esp | sparkpost.com sparkpostmail.com | sparkpostmail.com | sparkpostmail.com
Square | payment | squareup.com | squareup.com | -
Squarespace | commerce | squarespace-mail.com squarespace.com | - | -
Statuspage | monitoring | statuspage.io | - | -
STRATO | hosting | rzone.de strato.de | rzone.de strato.de | rzone.de
Stripe | payment | stripe.com | stripe.com | -
SurveyMonkey | survey | surveymonkey.com | - | -
Symantec Email Security.cloud | security_gateway | messagelabs.com | messagelabs.com | messagelabs.com
T-Online | mailbox_provider | t-online.de | t-online.de | t-online.de
Tencent QQ Mail | mailbox_provider | qq.com | qq.com | qq.com
Trend Micro Email Security | security_gateway | trendmicro.com trendmicro.eu | trendmicro.com trendmicro.eu | trendmicro.com trendmicro.eu
Tuta | mailbox_provider | tuta.com tutanota.com tutanota.de | tutanota.com tutanota.de | tutanota.de
Typeform | survey | typeform.com | - | -
UOL | mailbox_provider | uol.com.br | uol.com.br | uol.com.br
W3C mailing lists | mailing_list | w3.org | w3.org | w3.org
WEB.DE | mailbox_provider | web.de | web.de | web.de
Wix | commerce | wix.com | - | -
Workable | hr | workable.com workablemail.com | - | -
Workday | hr | myworkday.com workday.com | myworkday.com workday.com | -
WP | mailbox_provider | wp.pl | wp.pl | wp.pl
X | social | twitter.com x.com | twitter.com x.com | twitter.com
Xero | payment | xero.com | xero.com | -
Yahoo Mail | mailbox_provider | yahoo.com ymail.com | yahoo.com ymail.com | yahoo.com
Yandex | mailbox_provider | yandex.com yandex.net yandex.ru | yandex.com yandex.net yandex.ru | yandex.net
Zendesk | helpdesk | zendesk.com | zendesk.com | zendesk.com
Zoho | mailbox_provider | zoho.com zoho.eu zohomail.com | zoho.com zoho.eu zohomail.com | zoho.com zoho.eu
Zoho Campaigns | marketing | zcsend.net | zcsend.net | zcsend.net
Zoho ZeptoMail | esp | zeptomail.com | zeptomail.com | -
Zoom | collaboration | zoom.us | zoom.us | -
`;
